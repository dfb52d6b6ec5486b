"""Models as files for other runtimes. tests/phones/ runs them; here is what the command promises."""
import json
import unittest

from harness import SOURCE, VsealTest

TINY = SOURCE / "tests" / "data" / "tiny_videoseal_1.0.pth"


class Export(VsealTest):
    def export(self, *arguments, expect=0, model=None):
        done = self.vseal("export", *([model] if model else []), "-o", self.dir / "out", "--json", *arguments,
                          expect=expect)
        return json.loads(done.stdout)

    def names(self):
        return sorted(path.name for path in (self.dir / "out").iterdir())

    def test_both_networks_in_every_format_and_precision(self):
        sizes = {}
        for file_format in ("tflite", "onnx"):
            for precision in ("f32", "f16", "dynamic"):
                report = self.export("--format", file_format, "--precision", precision)
                for file in report["files"]:
                    path = self.dir / "out" / f"{file['part']}-{precision}.{file_format}"
                    self.assertEqual(file["path"], str(path))
                    self.assertEqual(file["bytes"], path.stat().st_size)
                    sizes[file_format, precision, file["part"]] = file["bytes"]
        self.assertEqual(len(self.names()), 12)
        for file_format in ("tflite", "onnx"):
            for part in ("embedder", "detector"):
                whole = sizes[file_format, "f32", part]
                self.assertLess(sizes[file_format, "f16", part], 0.55 * whole)
                self.assertLess(sizes[file_format, "dynamic", part], 0.3 * whole)

    def test_the_same_network_has_the_same_digest(self):
        first = self.export("--format", "tflite", "--precision", "f32", "--part", "embedder")["files"][0]
        again = self.export("--format", "onnx", "--precision", "f16", "--part", "embedder")["files"][0]
        other = self.export("--format", "onnx", "--part", "embedder", model=TINY)["files"][0]
        self.assertEqual(first["digest"], again["digest"])
        self.assertNotEqual(first["digest"], other["digest"])

    def test_files_hold_card_digest_and_contract(self):
        for file_format in ("tflite", "onnx"):
            report = self.export("--format", file_format, "--part", "embedder", model=TINY)
            content = (self.dir / "out" / f"embedder-f32.{file_format}").read_bytes()
            for text in ("vseal_card", "vseal_digest", "vseal_contract", report["files"][0]["digest"],
                         "half-pixel centres", f'"bits":{report["card"]["bits"]}'):
                self.assertIn(text.encode(), content)
            axes = b'"axes":"NHWC"' if file_format == "tflite" else b'"axes":"NCHW"'
            self.assertIn(axes, content)

    def test_the_same_bytes_twice(self):
        for file_format in ("tflite", "onnx"):
            path = self.dir / "out" / f"detector-f32.{file_format}"
            self.export("--format", file_format, "--part", "detector", model=TINY)
            first = path.read_bytes()
            self.export("--format", file_format, "--part", "detector", "--overwrite", model=TINY)
            self.assertEqual(first, path.read_bytes())

    def test_other_sizes(self):
        self.export("--format", "tflite", "--size", "128", "--part", "detector")
        content = (self.dir / "out" / "detector-f32.tflite").read_bytes()
        self.assertIn(b'[1,128,128,1]', content)
        self.export("--format", "tflite", "--size", "100", "--part", "embedder", model=TINY, expect=64)

    def test_the_whole_change(self):
        for precision in ("f32", "int8"):
            self.export("--format", "tflite", "--precision", precision, "--part", "embedder", "--with-jnd")
            self.assertIn(b'"name":"delta"', (self.dir / "out" / f"embedder-{precision}.tflite").read_bytes())

    def test_the_model_inside_goes_out_in_integers_unless_asked_otherwise(self):
        self.export("--format", "onnx")
        self.assertEqual(self.names(), ["detector-int8.onnx", "embedder-int8.onnx"])

    def test_existing_files_stay(self):
        (self.dir / "out").mkdir()
        path = self.dir / "out" / "detector-int8.onnx"
        path.write_text("precious")
        self.export("--format", "onnx", "--part", "detector", expect=73)
        self.assertEqual(path.read_text(), "precious")
        self.export("--format", "onnx", "--part", "detector", "--overwrite")
        self.assertEqual(self.names(), ["detector-int8.onnx"])

    def test_usage(self):
        self.vseal("export", "-o", self.dir / "out", expect=64)
        self.vseal("export", "--format", "gguf", "-o", self.dir / "out", expect=64)
        self.vseal("export", "--format", "onnx", expect=64)
        self.vseal("export", self.dir / "none.vseal", "--format", "onnx", "-o", self.dir / "out", expect=66)


if __name__ == "__main__":
    unittest.main()
