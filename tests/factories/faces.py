"""A drawn face that OpenCV's cascades take for one, and a face detector that takes what is bright for one."""

from io import BytesIO

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from PIL import Image, ImageDraw, ImageFilter

SKIN, HAIR = (224, 180, 150), (60, 40, 30)


def drawn_face(size=(320, 240), at=(160, 110), radius=60):
    """A picture with one face, its middle at `at`, about `radius` wide from there."""
    image = Image.new("RGB", size, (150, 160, 150))
    pen = ImageDraw.Draw(image)
    x, y = at

    def round_part(left, top, right, bottom, colour):
        pen.ellipse(
            (x + left * radius, y + top * radius, x + right * radius, y + bottom * radius), fill=colour
        )

    def straight_part(left, top, right, bottom, colour):
        corners = (x + left * radius, y + top * radius, x + right * radius, y + bottom * radius)
        pen.rectangle(corners, fill=colour)

    round_part(-0.8, -1.05, 0.8, 1.1, SKIN)
    pen.pieslice(
        (x - 0.85 * radius, y - 1.2 * radius, x + 0.85 * radius, y + 0.5 * radius), 180, 360, fill=HAIR
    )
    round_part(-0.7, -0.75, 0.7, 0.6, SKIN)
    for side in (-0.33, 0.33):
        straight_part(side - 0.22, -0.34, side + 0.22, -0.26, HAIR)
        round_part(side - 0.17, -0.2, side + 0.17, -0.02, HAIR)
    straight_part(-0.13, 0.26, 0.13, 0.31, (150, 105, 90))
    round_part(-0.3, 0.5, 0.3, 0.66, (150, 70, 70))
    return image.filter(ImageFilter.GaussianBlur(radius / 25))


def encoded(image, kind="JPEG"):
    out = BytesIO()
    image.save(out, kind)
    return out.getvalue()


def bright_detector():
    """An ONNX file with YuNet's inputs and outputs: each cell of 32 pixels that is nearly white is a face of 32."""
    nodes, outputs, weights = [], [], {}
    for stride in (8, 16, 32):
        nodes.append(
            helper.make_node(
                "AveragePool", ["input"], [f"mean_{stride}"], kernel_shape=[stride] * 2, strides=[stride] * 2
            )
        )
        heads = {
            "cls": (1, 1 / 3 / 40 if stride == 32 else 0, -215 / 40 if stride == 32 else 0),
            "obj": (1, 0, 1),
            "bbox": (4, 0, [0.5, 0.5, 0, 0]),
            "kps": (10, 0, 0),
        }
        for head, (channels, weight, bias) in heads.items():
            name = f"{head}_{stride}"
            weights[f"{name}_w"] = np.full((channels, 3, 1, 1), weight, np.float32)
            weights[f"{name}_b"] = np.broadcast_to(np.float32(bias), (channels,)).copy()
            weights[f"{name}_shape"] = np.array([1, -1, channels], np.int64)
            nodes += [
                helper.make_node("Conv", [f"mean_{stride}", f"{name}_w", f"{name}_b"], [f"{name}_raw"]),
                helper.make_node("Transpose", [f"{name}_raw"], [f"{name}_last"], perm=[0, 2, 3, 1]),
                helper.make_node("Reshape", [f"{name}_last", f"{name}_shape"], [name]),
            ]
            outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, None, channels]))
    given = helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, 640, 640])
    held = [numpy_helper.from_array(content, name) for name, content in weights.items()]
    graph = helper.make_graph(nodes, "bright", [given], outputs, held)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=8)
    onnx.checker.check_model(model)
    return model.SerializeToString()
