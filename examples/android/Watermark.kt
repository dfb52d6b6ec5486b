// Marks and reads pictures on a phone, with the two int8 files of
//   vseal export --format tflite --part embedder --with-jnd -o assets/
//   vseal export --format tflite --part detector -o assets/
// What goes in and comes out: docs/phones.md. Test resize() with tests/data/preprocessing.json.
package vseal.example

import android.graphics.Bitmap
import java.io.Closeable
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.nio.FloatBuffer
import kotlin.math.abs
import kotlin.math.ceil
import kotlin.math.floor
import kotlin.math.max
import kotlin.math.min
import kotlin.math.roundToInt
import org.tensorflow.lite.Interpreter

/** A width x height map of one channel, row by row. */
class Plane(val width: Int, val height: Int, val values: FloatArray = FloatArray(width * height))

/** Of one output sample: the first input sample that counts, and the weights from there on. */
private class Taps(val begin: Int, val weights: FloatArray)

/** Bilinear with half-pixel centres; the triangle is widened by the ratio when shrinking. */
private fun taps(from: Int, to: Int): List<Taps> {
    val support = max(from.toDouble() / to, 1.0)
    return List(to) { i ->
        val centre = (i + 0.5) * from / to
        val begin = max(0, floor(centre - support - 0.5).toInt())
        val end = min(from, ceil(centre + support + 0.5).toInt())
        val weights = DoubleArray(end - begin) { k -> max(0.0, 1 - abs((begin + k + 0.5 - centre) / support)) }
        val total = weights.sum()
        Taps(begin, FloatArray(weights.size) { (weights[it] / total).toFloat() })
    }
}

fun resize(plane: Plane, width: Int, height: Int): Plane {
    val narrow = Plane(width, plane.height)
    val across = taps(plane.width, width)
    for (y in 0 until plane.height) for (x in 0 until width) {
        var sum = 0f
        across[x].weights.forEachIndexed { k, w -> sum += w * plane.values[y * plane.width + across[x].begin + k] }
        narrow.values[y * width + x] = sum
    }
    val out = Plane(width, height)
    val down = taps(plane.height, height)
    for (y in 0 until height) for (x in 0 until width) {
        var sum = 0f
        down[y].weights.forEachIndexed { k, w -> sum += w * narrow.values[(down[y].begin + k) * width + x] }
        out.values[y * width + x] = sum
    }
    return out
}

private fun red(pixel: Int) = pixel shr 16 and 255

private fun green(pixel: Int) = pixel shr 8 and 255

private fun blue(pixel: Int) = pixel and 255

/** Y = 0.299 R + 0.587 G + 0.114 B in 0..1, of ARGB pixels. */
fun luma(pixels: IntArray, width: Int, height: Int): Plane {
    val plane = Plane(width, height)
    pixels.forEachIndexed { i, p ->
        plane.values[i] = (0.299f * red(p) + 0.587f * green(p) + 0.114f * blue(p)) / 255
    }
    return plane
}

/** Pixels with a change added to red, green and blue alike, rounded and clamped; alpha stays. */
fun changed(pixels: IntArray, change: Plane) = IntArray(pixels.size) { i ->
    val p = pixels[i]
    fun channel(value: Int) = (value + 255 * change.values[i]).roundToInt().coerceIn(0, 255)
    (p and (255 shl 24)) or (channel(red(p)) shl 16) or (channel(green(p)) shl 8) or channel(blue(p))
}

/** The networks are direct buffers or mapped files. Not thread-safe: one at a time. */
class Watermark(embedder: ByteBuffer, detector: ByteBuffer) : Closeable {
    private val options = Interpreter.Options().setNumThreads(2)
    private val embedder = Interpreter(embedder, options)
    private val detector = Interpreter(detector, options)
    private val side = this.embedder.getInputTensorFromSignature("luma", SIGNATURE).shape()[1]
    val bits = this.embedder.getInputTensorFromSignature("message", SIGNATURE).shape()[1]

    /** A copy of an ARGB_8888 picture that carries [message]. */
    fun mark(picture: Bitmap, message: BooleanArray): Bitmap {
        require(message.size == bits) { "expected $bits bits, got ${message.size}" }
        val pixels = pixels(picture)
        val delta = floats(side * side)
        val inputs = mapOf(
            "luma" to seen(pixels, picture.width, picture.height),
            "message" to floats(FloatArray(bits) { if (message[it]) 1f else -1f }))
        embedder.runSignature(inputs, mapOf("delta" to delta), SIGNATURE)
        val change = resize(Plane(side, side, array(delta)), picture.width, picture.height)
        val marked = picture.copy(Bitmap.Config.ARGB_8888, true)
        marked.setPixels(changed(pixels, change), 0, picture.width, 0, 0, picture.width, picture.height)
        return marked
    }

    /** What a picture carries, whether it is marked or not. */
    fun read(picture: Bitmap): BooleanArray {
        val logits = floats(bits)
        val inputs = mapOf("luma" to seen(pixels(picture), picture.width, picture.height))
        detector.runSignature(inputs, mapOf("logits" to logits), SIGNATURE)
        return array(logits).map { it > 0 }.toBooleanArray()
    }

    override fun close() {
        embedder.close()
        detector.close()
    }

    private fun pixels(picture: Bitmap) = IntArray(picture.width * picture.height).also {
        picture.getPixels(it, 0, picture.width, 0, 0, picture.width, picture.height)
    }

    /** As [1,side,side,1]. */
    private fun seen(pixels: IntArray, width: Int, height: Int) =
        floats(resize(luma(pixels, width, height), side, side).values)

    private fun floats(count: Int): FloatBuffer =
        ByteBuffer.allocateDirect(4 * count).order(ByteOrder.nativeOrder()).asFloatBuffer()

    private fun floats(values: FloatArray): FloatBuffer = floats(values.size).apply { put(values).rewind() }

    private fun array(buffer: FloatBuffer) = FloatArray(buffer.capacity()).also { buffer.rewind(); buffer.get(it) }

    private companion object {
        const val SIGNATURE = "serving_default"
    }
}
