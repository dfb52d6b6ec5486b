"""Real encoders, one 8-bit grey picture (H,W) in and out."""
import io

import av
import cv2
import numpy as np

NEUTRAL_CHROMA = 128


def jpeg(picture: np.ndarray, quality: int) -> np.ndarray:
    return _still(picture, ".jpg", [cv2.IMWRITE_JPEG_QUALITY, quality])


def webp(picture: np.ndarray, quality: int) -> np.ndarray:
    return _still(picture, ".webp", [cv2.IMWRITE_WEBP_QUALITY, quality])


def _still(picture: np.ndarray, suffix: str, options: list) -> np.ndarray:
    return cv2.imdecode(cv2.imencode(suffix, picture, options)[1], cv2.IMREAD_GRAYSCALE)


def intra_frame(picture: np.ndarray, codec: str, crf: int) -> np.ndarray:
    """The key frame that `codec` (libx264, libx265) makes of the picture."""
    stream_format = {"libx264": "h264", "libx265": "hevc"}[codec]
    height, width = picture.shape
    packed = io.BytesIO()
    with av.open(packed, "w", format=stream_format) as container:
        stream = container.add_stream(codec, rate=24)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.options = {"crf": str(crf), "preset": "veryfast"}
        if codec == "libx265":
            stream.options |= {"preset": "ultrafast", "x265-params": "log-level=none:pools=none:frame-threads=1"}
        stream.thread_count = 1
        frame = av.VideoFrame(width, height, "yuv420p")
        _plane(frame, 0)[:height, :width] = picture
        for index in (1, 2):
            _plane(frame, index)[:] = NEUTRAL_CHROMA
        for packet in stream.encode(frame) + stream.encode(None):
            container.mux(packet)
    packed.seek(0)
    with av.open(packed, "r", format=stream_format) as container:
        return _plane(next(container.decode(video=0)), 0)[:height, :width].copy()


def _plane(frame: av.VideoFrame, index: int) -> np.ndarray:
    plane = frame.planes[index]
    return np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)
