"""PNG, JPEG and other pictures."""

from __future__ import annotations

import imagecodecs
import imageio.v3 as iio
import numpy as np
import pytest
from PIL import Image

from patchprobe.errors import InputError
from patchprobe.io import load_stack

GREY = np.arange(31 * 17, dtype=np.uint16).reshape(31, 17)
COLOUR = np.arange(31 * 17 * 3, dtype=np.uint16).reshape(31, 17, 3)


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".pgm", ".jp2", ".webp", ".gif"])
@pytest.mark.parametrize("upper", [False, True])
def test_grey_levels_of_eight_bit(tmp_path, suffix, upper):
    data = (GREY % 251).astype(np.uint8)
    path = tmp_path / f"a{suffix.upper() if upper else suffix}"
    if suffix == ".webp":
        iio.imwrite(path, np.stack([data] * 3, -1), extension=suffix, lossless=True)
        assert load_stack(path).axes == "yxc"
        return
    iio.imwrite(path, data, extension=suffix)
    stack = load_stack(path)
    assert stack.axes == "yx"
    np.testing.assert_array_equal(stack.plane(), data)


def test_sixteen_bit_png_keeps_its_bits(tmp_path):
    (tmp_path / "g.png").write_bytes(imagecodecs.png_encode(GREY * 100))
    (tmp_path / "c.png").write_bytes(imagecodecs.png_encode(COLOUR * 30))
    np.testing.assert_array_equal(load_stack(tmp_path / "g.png").plane(), GREY * 100)
    colour = load_stack(tmp_path / "c.png")
    assert (colour.axes, colour.rgb, colour.data.dtype) == ("yxc", True, np.uint16)
    np.testing.assert_array_equal(colour.plane(), COLOUR * 30)


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_opacity_is_left_out(tmp_path, mode):
    Image.new(mode, (17, 31), (10, 20, 30, 40)[-len(mode) :]).save(tmp_path / "a.png")
    stack = load_stack(tmp_path / "a.png")
    assert stack.axes == ("yxc" if mode == "RGBA" else "yx")
    assert stack.rgb == (mode == "RGBA")
    assert stack.shape[:2] == (31, 17)
    assert any("alpha" in note for note in stack.notes)


def test_palettes(tmp_path):
    picture = Image.fromarray((GREY % 4).astype(np.uint8), mode=None).convert("P")
    picture.save(tmp_path / "grey.png")
    assert load_stack(tmp_path / "grey.png").axes == "yx"
    coloured = Image.fromarray((COLOUR % 251).astype(np.uint8)).quantize(8)
    coloured.save(tmp_path / "colour.png")
    stack = load_stack(tmp_path / "colour.png")
    assert stack.rgb
    np.testing.assert_array_equal(stack.plane(), np.asarray(coloured.convert("RGB")))


def test_one_bit(tmp_path):
    Image.fromarray(GREY % 2 == 0).save(tmp_path / "a.png")
    stack = load_stack(tmp_path / "a.png")
    assert stack.data.dtype == np.uint8
    np.testing.assert_array_equal(stack.plane() > 0, GREY % 2 == 0)


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_jpeg(tmp_path, mode):
    Image.new(mode, (17, 31), 100).save(tmp_path / "a.jpeg")
    stack = load_stack(tmp_path / "a.jpeg")
    assert stack.shape == ((31, 17) if mode == "L" else (31, 17, 3))
    assert stack.rgb == (mode != "L")
    assert stack.format == "JPEG"


def test_frames_of_a_gif_are_time(tmp_path):
    frames = [Image.fromarray(((GREY + 60 * i) % 251).astype(np.uint8)) for i in range(3)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:], duration=100)
    stack = load_stack(tmp_path / "a.gif")
    assert stack.axes[:3] == "tyx"
    assert stack.n_planes == 3


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".bmp", ".gif"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_cut_picture_is_refused(tmp_path, suffix, share):
    noise = np.random.default_rng(0).integers(0, 255, (60, 60)).astype(np.uint8)
    iio.imwrite(tmp_path / f"whole{suffix}", noise)
    content = (tmp_path / f"whole{suffix}").read_bytes()
    (tmp_path / f"a{suffix}").write_bytes(content[: int(len(content) * share)])
    with pytest.raises(InputError, match=rf"a{suffix} cannot be read"):
        load_stack(tmp_path / f"a{suffix}")
