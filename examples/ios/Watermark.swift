// Marks and reads pictures on a phone, with the two int8 files of
//   vseal export --format tflite --part embedder --with-jnd -o Networks/
//   vseal export --format tflite --part detector -o Networks/
// What goes in and comes out: docs/phones.md. Test resize() with tests/data/preprocessing.json.
import Foundation
import TensorFlowLite

/// A width x height map of one channel, row by row.
struct Plane {
  let width: Int
  let height: Int
  var values: [Float]
}

/// 8-bit red, green, blue and alpha, row by row, alpha not multiplied in.
struct Pixels {
  let width: Int
  let height: Int
  var rgba: [UInt8]
}

enum WatermarkError: Error {
  case wrongCount(expected: Int, got: Int)
}

/// Of each output sample: the first input sample that counts, and the weights from there on. Bilinear with
/// half-pixel centres; the triangle is widened by the ratio when shrinking.
private func taps(from: Int, to: Int) -> [(begin: Int, weights: [Float])] {
  let ratio = Double(from) / Double(to)
  let support = max(ratio, 1)
  return (0..<to).map { i in
    let centre = (Double(i) + 0.5) * ratio
    let begin = max(0, Int((centre - support - 0.5).rounded(.down)))
    let end = min(from, Int((centre + support + 0.5).rounded(.up)))
    let weights = (begin..<end).map { max(0, 1 - abs((Double($0) + 0.5 - centre) / support)) }
    let total = weights.reduce(0, +)
    return (begin, weights.map { Float($0 / total) })
  }
}

func resize(_ plane: Plane, width: Int, height: Int) -> Plane {
  var narrow = Plane(width: width, height: plane.height, values: .init(repeating: 0, count: width * plane.height))
  for (x, tap) in taps(from: plane.width, to: width).enumerated() {
    for y in 0..<plane.height {
      let row = y * plane.width + tap.begin
      var sum: Float = 0
      for (k, weight) in tap.weights.enumerated() { sum += weight * plane.values[row + k] }
      narrow.values[y * width + x] = sum
    }
  }
  var out = Plane(width: width, height: height, values: .init(repeating: 0, count: width * height))
  for (y, tap) in taps(from: plane.height, to: height).enumerated() {
    for x in 0..<width {
      var sum: Float = 0
      for (k, weight) in tap.weights.enumerated() { sum += weight * narrow.values[(tap.begin + k) * width + x] }
      out.values[y * width + x] = sum
    }
  }
  return out
}

/// Y = 0.299 R + 0.587 G + 0.114 B in 0..1.
func luma(_ picture: Pixels) -> Plane {
  let values = stride(from: 0, to: picture.rgba.count, by: 4).map { i -> Float in
    let red = Float(picture.rgba[i]), green = Float(picture.rgba[i + 1]), blue = Float(picture.rgba[i + 2])
    return (0.299 * red + 0.587 * green + 0.114 * blue) / 255
  }
  return Plane(width: picture.width, height: picture.height, values: values)
}

/// Not thread-safe: one call at a time.
final class Watermark {
  private static let signature = "serving_default"
  private let embedder: Interpreter
  private let detector: Interpreter
  private let marking: SignatureRunner
  private let reading: SignatureRunner
  private let side: Int
  let bits: Int

  init(embedderPath: String, detectorPath: String) throws {
    var options = Interpreter.Options()
    options.threadCount = 2
    embedder = try Interpreter(modelPath: embedderPath, options: options)
    detector = try Interpreter(modelPath: detectorPath, options: options)
    marking = try embedder.signatureRunner(with: Self.signature)
    reading = try detector.signatureRunner(with: Self.signature)
    try marking.allocateTensors()
    try reading.allocateTensors()
    side = try marking.input(named: "luma").shape.dimensions[1]
    bits = try marking.input(named: "message").shape.dimensions[1]
  }

  /// The picture with `message` in it.
  func mark(_ picture: Pixels, message: [Bool]) throws -> Pixels {
    guard message.count == bits else { throw WatermarkError.wrongCount(expected: bits, got: message.count) }
    try marking.invoke(with: ["luma": seen(picture), "message": bytes(message.map { $0 ? 1 : -1 })])
    let delta = Plane(width: side, height: side, values: floats(try marking.output(named: "delta").data))
    let change = resize(delta, width: picture.width, height: picture.height)
    var marked = picture
    for (i, value) in change.values.enumerated() {
      for c in 4 * i..<4 * i + 3 {  // red, green and blue alike; alpha stays
        marked.rgba[c] = UInt8(min(max(Float(picture.rgba[c]) + 255 * value, 0), 255).rounded())
      }
    }
    return marked
  }

  /// What a picture carries, whether it is marked or not.
  func read(_ picture: Pixels) throws -> [Bool] {
    try reading.invoke(with: ["luma": seen(picture)])
    return floats(try reading.output(named: "logits").data).map { $0 > 0 }
  }

  /// As [1,side,side,1].
  private func seen(_ picture: Pixels) -> Data {
    bytes(resize(luma(picture), width: side, height: side).values)
  }

  private func bytes(_ values: [Float]) -> Data {
    values.withUnsafeBufferPointer { Data(buffer: $0) }
  }

  private func floats(_ data: Data) -> [Float] {
    data.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
  }
}
