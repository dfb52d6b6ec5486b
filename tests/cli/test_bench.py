"""What a model's networks take on this machine: shape and sense of the report, never how fast."""
import json

from harness import VsealTest
from test_models import CHECKPOINT


class Bench(VsealTest):
    def bench(self, *arguments):
        return json.loads(self.vseal("bench", "--json", "--rounds", 3, *arguments).stdout)

    def test_both_networks_are_timed_and_layers_add_up(self):
        report = self.bench("--threads", 2, "--layers")
        info = json.loads(self.vseal("model", "info", "--json").stdout)
        self.assertEqual((report["threads"], report["rounds"]), (2, 3))
        self.assertEqual(report["model"], info["card"]["name"])
        self.assertEqual([n["name"] for n in report["networks"]], ["embedder", "detector"])
        self.assertGreater(report["load_ms"], 0)
        for network in report["networks"]:
            self.assertEqual(network["multiply_adds"], info[network["name"]]["multiply_adds"])
            self.assertEqual(sum(layer["multiply_adds"] for layer in network["layers"]), network["multiply_adds"])
            self.assertGreater(network["p10_ms"], 0)
            self.assertLessEqual(network["p10_ms"], network["median_ms"])
            self.assertLessEqual(network["median_ms"], network["p90_ms"])
            self.assertAlmostEqual(network["gmac_per_s"], network["multiply_adds"] / network["median_ms"] * 1e-6)
            self.assertGreater(network["plan_ms"], 0)
            self.assertGreater(report["peak_memory_bytes"], network["weight_bytes"])
            self.assertTrue(all(layer["ms"] > 0 and layer["kernel"] for layer in network["layers"]))

    def test_shares_are_of_the_peak_of_what_is_computed(self):
        for arguments, peak in (((), "integer"), (("--model", "default-f32"), "float")):
            report = self.bench("--threads", 1, "--layers", *arguments)
            rate = report[f"{peak}_peak_gmac_per_s"]
            layer = max(report["networks"][0]["layers"], key=lambda layer: layer["multiply_adds"])
            self.assertAlmostEqual(layer["share_of_peak"], layer["gmac_per_s"] / rate)

    def test_people_get_a_line_for_each_network_and_layer(self):
        text = self.vseal("bench", "--rounds", 1, "--model", CHECKPOINT).stdout
        self.assertRegex(text, r"(?m)^embedder +\d+\.\d\d GMAC +\d+\.\d{3} ms .*% of peak$")
        self.assertNotIn("kernel", text)
        self.assertIn("conv2d", self.vseal("bench", "--rounds", 1, "--layers").stdout)

    def test_refuses_what_it_cannot_do(self):
        self.vseal("bench", "--rounds", 0, expect=64)
        self.vseal("bench", "--model", self.dir / "none.vseal", expect=66)
