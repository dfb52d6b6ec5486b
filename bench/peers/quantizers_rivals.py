"""One quantiser's integer form of one network, and what that computes.

    quantizers_rivals.py RIVAL FOLDER PART

FOLDER holds PART-f32.onnx and PART-f32.tflite as `vseal export` writes them, and calibration.safetensors and
measured.safetensors: tensors PART.K.NAME, the inputs of sample K (bench/quantizers/network_samples.cc). Writes
RIVAL.PART.npy, the first output of every measured sample, one below the other. Runs in the virtual environment of
./dev bench quantizers.
"""
import pathlib
import sys

import numpy

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(SOURCE / "tests" / "phones"))
import run_file  # noqa: E402

THREADS = 2
PRODUCTS = ["Conv", "MatMul", "Gemm"]


def samples_of(path, part):
    """The inputs of every sample by name, shapes as the graph has them."""
    samples = {}
    for name, value in run_file.read_vectors(path).items():
        its_part, number, tensor = name.split(".", 2)
        if its_part == part:
            samples.setdefault(int(number), {})[tensor] = numpy.ascontiguousarray(value)
    return [samples[number] for number in sorted(samples)]


def for_onnx(samples):
    return [{name: run_file.channels_first(value) for name, value in sample.items()} for sample in samples]


def onnxruntime_qdq(folder, part, samples, ops):
    """Static quantisation: u8 activations from least and largest values, i8 weights by channel."""
    from onnxruntime import quantization as q
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Reader(q.CalibrationDataReader):
        left = iter(for_onnx(samples))

        def get_next(self):
            return next(self.left, None)

    prepared, made = str(folder / f"{part}-prepared.onnx"), str(folder / f"{part}-qdq.onnx")
    quant_pre_process(str(folder / f"{part}-f32.onnx"), prepared, skip_symbolic_shape=True)
    q.quantize_static(prepared, made, Reader(), quant_format=q.QuantFormat.QDQ, per_channel=True,
                      activation_type=q.QuantType.QUInt8, weight_type=q.QuantType.QInt8, op_types_to_quantize=ops,
                      calibrate_method=q.CalibrationMethod.MinMax)
    return "onnxruntime", made


def nncf_preset(folder, part, samples, preset, only_products=False):
    """NNCF's post-training quantisation with its own range estimators and bias correction."""
    import nncf
    import openvino
    nncf.set_log_level("ERROR")
    graph = openvino.Core().read_model(str(folder / f"{part}-f32.onnx"))
    scope = None
    if only_products:
        others = {op.get_type_name() for op in graph.get_ops()} - {"MatMul", "Convolution", "GroupConvolution"}
        scope = nncf.IgnoredScope(types=sorted(others), validate=False)
    quantised = nncf.quantize(graph, nncf.Dataset(for_onnx(samples)), preset=nncf.QuantizationPreset[preset],
                              subset_size=len(samples), ignored_scope=scope)
    made = str(folder / f"{part}-nncf.xml")
    openvino.save_model(quantised, made, compress_to_fp16=False)
    return "openvino", made


def google_static(source, made, samples, min_max=False, float_norms=False):
    """Writes the file of ai-edge-quantizer's static recipe. The ranges of samples are joined by a moving average, or by least and largest."""
    from ai_edge_quantizer import algorithm_manager, calibrator, qtyping, quantizer, recipe, recipe_manager
    from ai_edge_quantizer.utils import qsv_utils
    rules = recipe_manager.RecipeManager()
    rules.load_quantization_recipe(recipe.static_wi8_ai8())
    # Inputs and outputs are float, as those of all others.
    norms = ("MEAN", "SUM", "SQRT", "RSQRT", "DIV", "SUB", "MUL", "TANH") if float_norms else ()
    for name in ("INPUT", "OUTPUT", *norms):
        rules.add_quantization_config(".*", qtyping.TFLOperationName[name],
                                      algorithm_key=algorithm_manager.AlgorithmName.NO_QUANTIZE)
    join = qsv_utils.min_max_update if min_max else qsv_utils.moving_average_update
    observer = calibrator.Calibrator(str(source), num_threads=THREADS, qsv_update_func=join)
    observer.calibrate({"serving_default": samples}, rules)
    maker = quantizer.Quantizer(str(source), rules.get_quantization_recipe())
    maker.quantize(observer.get_model_qsvs()).export_model(str(made), overwrite=True)


def google(folder, part, samples, **settings):
    made = folder / f"{part}-google.tflite"
    google_static(folder / f"{part}-f32.tflite", made, samples, **settings)
    return "litert", str(made)


RIVALS = {
    "onnxruntime-f32": lambda folder, part, _: ("onnxruntime", str(folder / f"{part}-f32.onnx")),
    "openvino-f32": lambda folder, part, _: ("openvino", str(folder / f"{part}-f32.onnx")),
    "litert-f32": lambda folder, part, _: ("litert", str(folder / f"{part}-f32.tflite")),
    "onnxruntime-all": lambda *a: onnxruntime_qdq(*a, None),
    "onnxruntime-products": lambda *a: onnxruntime_qdq(*a, PRODUCTS),
    "nncf-performance": lambda *a: nncf_preset(*a, "PERFORMANCE"),
    "nncf-mixed": lambda *a: nncf_preset(*a, "MIXED"),
    "nncf-products": lambda *a: nncf_preset(*a, "MIXED", True),
    "google-stock": google,
    "google-minmax": lambda *a: google(*a, min_max=True),
    "google-minmax-norms": lambda *a: google(*a, min_max=True, float_norms=True),
}


def main():
    rival, folder, part = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3]
    runtime, made = RIVALS[rival](folder, part, samples_of(folder / "calibration.safetensors", part))
    network = run_file.open_file(runtime, made, THREADS, {"residual", "logits"})
    measured = samples_of(folder / "measured.safetensors", part)
    outputs = [network.run({name: sample[name] for name in network.inputs}) for sample in measured]
    numpy.save(folder / f"{rival}.{part}.npy",
               numpy.concatenate([numpy.asarray(next(iter(output.values()))) for output in outputs]))


if __name__ == "__main__":
    main()
