"""What the marks of models survive, side by side, from the folders that `vseal eval -o` has written.

    compare_evals.py REFERENCE[,FOLDER...] OTHER[,FOLDER...]...

REFERENCE and each OTHER are folders with a results.jsonl, several of them (pictures here, clips there, runs with other
seeds) joined by commas. A line for each OTHER and kind of files: the mean over all attacks of the bit accuracy that it
loses, in points of percent, the attack that loses most of all and of those of which REFERENCE reads 60 % of the bits or
more (others are near chance, and so is what they lose) with its standard error over files and seeds, what the PSNR of
the marks changes by, and the IDs that REFERENCE reads and OTHER does not, in the columns `identity` and `jpeg:75` and
in all of them.
"""
import json
import pathlib
import statistics
import sys

COLUMNS = ("identity", "jpeg:75")
READ_PERCENT = 60


class Results:
    """Records of files and of (file, attack); a file is a seed and a path."""

    def __init__(self, folders):
        self.files, self.scores = {}, {}
        for folder in folders.split(","):
            lines = pathlib.Path(folder, "results.jsonl").read_text().splitlines()
            seed = json.loads(lines[0])["settings"]["seed"]
            for record in map(json.loads, lines[1:]):
                file = seed, record["file"]
                if "attack" in record:
                    self.scores[file, record["attack"]] = record
                else:
                    self.files[file] = record

    def of_kind(self, kind):
        return {case: score for case, score in self.scores.items() if self.files[case[0]]["kind"] == kind}


def row(name, kind, reference, other):
    before, after = reference.of_kind(kind), other.of_kind(kind)
    if before.keys() != after.keys():
        raise SystemExit(f"{name}: expected the files and attacks of the reference, got others")
    losses, accuracies = {}, {}
    for case, score in before.items():
        losses.setdefault(case[1], []).append(100 * (score["bits_right"] - after[case]["bits_right"]) / score["bits"])
        accuracies.setdefault(case[1], []).append(100 * score["bits_right"] / score["bits"])
    means = {attack: statistics.mean(values) for attack, values in losses.items()}
    readable = {attack: loss for attack, loss in means.items() if statistics.mean(accuracies[attack]) >= READ_PERCENT}
    worst, worst_read = (max(some, key=some.get) for some in (means, readable))
    lost = [attack for (file, attack), score in before.items()
            if score["id_found"] and not after[file, attack]["id_found"]]
    files = [file for file, record in reference.files.items() if record["kind"] == kind]
    psnr = statistics.mean(other.files[file]["psnr_db"] - reference.files[file]["psnr_db"] for file in files)
    error = statistics.stdev(losses[worst_read]) / len(files) ** 0.5 if len(files) > 1 else 0
    read = sum(score["id_found"] for score in before.values())
    return (f"| {name} | {len({path for _, path in files})} {kind}s, {len(means)} attacks | {statistics.mean(means.values()):+.3f} | "
            f"{worst} {means[worst]:+.2f} | {worst_read} {means[worst_read]:+.2f} ± {error:.2f} | {psnr:+.3f} dB | {sum(attack in COLUMNS for attack in lost)} | "
            f"{len(lost)} of {read} |")


def main():
    if len(sys.argv) < 3:
        raise SystemExit(__doc__)
    reference = Results(sys.argv[1])
    print("| | | mean loss | worst attack | worst that is read | PSNR | IDs lost, clean and JPEG 75 | IDs lost, all |")
    print("|---|---|---|---|---|---|---|---|")
    for name in sys.argv[2:]:
        other = Results(name)
        for kind in sorted({record["kind"] for record in reference.files.values()}):
            print(row(name, kind, reference, other))


if __name__ == "__main__":
    main()
