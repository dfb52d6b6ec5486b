"""Times vseal's networks beside stock runtimes on the same graphs: ./dev bench peers.

    speed.py [--models default,videoseal_1.0] [--threads 1,2] [--rounds N] [--filter TEXT] [--data FOLDER] [--json FILE]

Each runtime is a process of its own that waits for orders, so that runs interleave: a round runs every one once, in an
order that changes, and a ratio is the median over rounds of that round's two times. An output is compared with the
engine's in f32 before its time counts. Files are exported by vseal; videoseal_1.0 has the published sizes and weights
by rule. Accuracy with such weights says which network ran, not how good a quantiser is.
"""
import argparse
import contextlib
import importlib.metadata
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile

import numpy

import speed_files

HERE = pathlib.Path(__file__).resolve().parent
REQUIRED_SNR_DB = {"f32": 60.0, "bf16": 10.0, "int8": 0.0}


class Peer:
    def __init__(self, name, network, threads, inputs):
        self.name = name
        self.precision = name.split()[-1] if "(" not in name else name.split()[-2]
        runtime, path = network.files[name]
        if runtime == "vseal":
            command = [os.environ["VSEAL_PEER"], path, network.part, str(threads), inputs]
        else:
            described = ",".join(f"{key}:{value.size}" for key, value in network.values.items())
            command = [sys.executable, "-B", HERE / "speed_worker.py", runtime, path, str(threads),
                       f"{described}@{inputs}"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        stderr=subprocess.DEVNULL)
        self.warm, self.cold = [], []
        answer = self.process.stdout.readline().strip()
        if answer != "ready":
            raise SystemExit(f"{name}: {answer or 'did not start'}")

    def ask(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def check(self, wanted, folder):
        """The SNR in dB against the engine in f32."""
        path = folder / "output.f32"
        self.ask(f"write {path}")
        got = numpy.fromfile(path, "f4").astype("f8")
        noise = ((got - wanted.ravel()) ** 2).mean() if got.size == wanted.size else numpy.inf
        self.snr_db = float(10 * numpy.log10((wanted.astype("f8") ** 2).mean() / max(noise, 1e-30)))
        if not self.snr_db >= REQUIRED_SNR_DB[self.precision]:
            raise SystemExit(f"{self.name}: expected at least {REQUIRED_SNR_DB[self.precision]} dB, got {self.snr_db}")
        self.memory_mb = int(self.ask("memory")) / 1024

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def quantiles(times):
    tenths = statistics.quantiles(times, n=10, method="inclusive")
    return {"p10": tenths[0], "median": statistics.median(times), "p90": tenths[-1]}


def ratio(times, others):
    return statistics.median(a / b for a, b in zip(times, others))


def measure(network, threads, rounds, folder):
    """A row for every runtime, from interleaved rounds."""
    inputs = folder / "inputs.f32"
    numpy.concatenate([value.ravel() for value in network.values.values()]).tofile(inputs)
    with contextlib.ExitStack() as stack:
        peers = []
        for name in network.files:
            peers.append(Peer(name, network, threads, str(inputs)))
            stack.callback(peers[-1].close)
            peers[-1].check(network.wanted, folder)
        for i in range(rounds):
            for peer in peers[i % len(peers):] + peers[:i % len(peers)]:
                peer.warm.append(float(peer.ask("warm 1")))
        for i in range(max(3, rounds // 3)):
            for peer in peers[i % len(peers):] + peers[:i % len(peers)]:
                peer.cold.append(float(peer.ask("cold 1")))
    own = {peer.precision: peer for peer in peers if peer.name.startswith("vseal")}
    for peer in peers:
        same = own["f32" if peer.precision == "f32" else "int8"]
        yield {"model": str(network.model), "part": network.part, "threads": threads, "runtime": peer.name,
               "precision": peer.precision, "snr_db": peer.snr_db, "memory_mb": peer.memory_mb,
               "ms": quantiles(peer.warm), "cold_ms": quantiles(peer.cold),
               "vseal_over_this": ratio(same.warm, peer.warm), "rounds_ms": peer.warm}


def machine():
    cpu = dict(line.split(":", 1) for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines() if ":" in line)
    cpu = {key.strip(): value.strip() for key, value in cpu.items()}
    wanted = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "avx_vnni", "amx_int8", "amx_bf16")
    return {"cpu": cpu.get("model name", "unknown"), "family": cpu.get("cpu family"), "model": cpu.get("model"),
            "cores": os.cpu_count(), "isa": [flag for flag in wanted if flag in cpu.get("flags", "").split()],
            "system": platform.platform()}


def versions():
    listed = (HERE / "speed_requirements.txt").read_text().splitlines()
    names = [line.split("==")[0] for line in listed if "==" in line]
    git = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=HERE, capture_output=True, text=True)
    own = subprocess.run([os.environ["VSEAL"], "--version"], capture_output=True, text=True)
    return {name: importlib.metadata.version(name) for name in names} | {
        "vseal": own.stdout.strip(), "commit": git.stdout.strip(), "python": platform.python_version()}


def print_rows(rows):
    print(f"\n{rows[0]['model']} {rows[0]['part']}, {rows[0]['threads']} thread(s)\n")
    print("| runtime | median ms | p10 | p90 | cold weights ms | vseal/this | peak RSS MB | SNR dB |")
    print("|---|---|---|---|---|---|---|---|")
    for row in rows:
        ms = row["ms"]
        print(f"| {row['runtime']} | {ms['median']:.2f} | {ms['p10']:.2f} | {ms['p90']:.2f} | "
              f"{row['cold_ms']['median']:.2f} | {row['vseal_over_this']:.2f} | {row['memory_mb']:.0f} | "
              f"{min(row['snr_db'], 200):.0f} |", flush=True)


def measure_model(name, arguments, rows):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        model = name
        if name == speed_files.FAMILY:
            model = folder / f"{name}.safetensors"
            speed_files.write_checkpoint(model)
        for network in speed_files.make_files(model, folder, arguments.data):
            network.model = name
            if arguments.filter not in f"{name} {network.part}":
                continue
            for threads in arguments.threads:
                rows.append(list(measure(network, threads, arguments.rounds, folder)))
                print_rows(rows[-1])


def main():
    default_data = pathlib.Path(os.environ.get("VSEAL_DATA", "."), "data", "eval")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", default="videoseal_1.0,default", type=lambda text: text.split(","))
    parser.add_argument("--threads", default="1,2", type=lambda text: [int(n) for n in text.split(",")])
    parser.add_argument("--rounds", default=15, type=int)
    parser.add_argument("--filter", default="", help="only networks whose model and part contain this")
    parser.add_argument("--data", default=default_data, help="folder of pictures to calibrate on")
    parser.add_argument("--json", help="also write everything to this file")
    arguments = parser.parse_args()
    rows = []
    print(json.dumps(machine() | versions()), flush=True)
    for name in arguments.models:
        measure_model(name, arguments, rows)
    if arguments.json:
        report = {"machine": machine(), "versions": versions(), "rows": [row for part in rows for row in part]}
        pathlib.Path(arguments.json).write_text(json.dumps(report, indent=1) + "\n")


main()
