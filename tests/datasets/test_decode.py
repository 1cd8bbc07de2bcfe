import io

import numpy as np
import pytest
from PIL import Image, ImageOps

from core.datasets import decode
from core.datasets.decode import ImageError, image_size, load_image, square_pixels
from tests.datasets.pictures import encoded, picture


def test_every_whitelisted_format_opens_whatever_its_name(tmp_path):
    for kind in ("PNG", "BMP", "GIF", "TIFF", "WEBP", "JPEG"):
        file = tmp_path / f"{kind}.xyz"
        file.write_bytes(picture(1, kind=kind))
        image = load_image(file)
        assert image.mode == "RGB"
        assert image.size == (12, 10) == image_size(file)


def test_cmyk_jpeg_keeps_its_colours():
    red = Image.new("RGB", (32, 32), (255, 0, 0)).convert("CMYK")
    pixel = load_image(encoded(red, "JPEG")).getpixel((16, 16))
    assert np.allclose(pixel, (255, 0, 0), atol=12)


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (Image.fromarray(np.array([[0, 32768, 65535]], dtype=np.uint16)), [0, 128, 255]),
        (Image.fromarray(np.array([[0.0, 0.5, 1.0]], dtype=np.float32)), [0, 128, 255]),
        (Image.fromarray(np.array([[0.0, 100.0, 255.0]], dtype=np.float32)), [0, 100, 255]),
        (Image.fromarray(np.array([[-1.0, 0.0, 1.0]], dtype=np.float32)), [0, 128, 255]),
        (Image.fromarray(np.array([[0, 200, 70000]], dtype=np.int32)), [0, 1, 255]),
        (Image.fromarray(np.array([[0, 200, 255]], dtype=np.int32)), [0, 200, 255]),
    ],
)
def test_grey_beyond_8_bits_is_scaled(image, expected):
    pixels = np.asarray(load_image(encoded(image, "TIFF")))
    assert pixels[0, :, 0].tolist() == expected
    assert (pixels[..., 0] == pixels[..., 2]).all()


def test_16_bit_png_is_scaled():
    grey = Image.fromarray(np.full((4, 4), 65535, dtype=np.uint16))
    assert load_image(encoded(grey, "PNG")).getpixel((0, 0)) == (255, 255, 255)


def test_transparency_becomes_white():
    palette = Image.new("P", (2, 1))
    palette.putpalette([255, 0, 0, 0, 0, 255])
    palette.putdata([0, 1])
    opened = load_image(encoded(palette, "PNG", transparency=1))
    assert [opened.getpixel((x, 0)) for x in (0, 1)] == [(255, 0, 0), (255, 255, 255)]
    half = Image.new("RGBA", (1, 1), (0, 0, 0, 128))
    assert load_image(encoded(half, "PNG")).getpixel((0, 0)) == (127, 127, 127)
    grey = Image.new("LA", (1, 1), (10, 0))
    assert load_image(encoded(grey, "PNG")).getpixel((0, 0)) == (255, 255, 255)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_camera_orientation_is_undone(orientation):
    image = Image.open(io.BytesIO(picture(3, size=(4, 3))))
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(image, "PNG", exif=exif)
    reference = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    assert np.array_equal(np.asarray(load_image(data)), np.asarray(reference))


def test_animation_gives_its_first_frame():
    red, blue = Image.new("RGB", (5, 5), "red"), Image.new("RGB", (5, 5), "blue")
    data = encoded(red, "GIF", save_all=True, append_images=[blue])
    assert load_image(data).getpixel((2, 2)) == (255, 0, 0)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"<!DOCTYPE html><html></html>", "web page"),
        (b"\0\0\0 ftypheic" + bytes(50), "HEIC"),
        (b"<svg xmlns=''/>", "SVG"),
        (b"hello", "not an image"),
        (picture(1, kind="JPEG", size=(200, 200))[:3000], "damaged"),
        (picture(1, kind="PNG", size=(200, 200))[:3000], "damaged"),
        (picture(1, kind="PNG")[:20], "damaged"),
        (encoded(Image.new("RGB", (9, 9)), "PPM"), "not an image"),
    ],
)
def test_what_is_no_image_is_refused_with_its_reason(data, reason):
    with pytest.raises(ImageError, match="cannot be used") as caught:
        load_image(data)
    assert reason in caught.value.reason


def test_a_cut_off_jpeg_is_noticed_even_when_decoded_small():
    data = picture(1, kind="JPEG", size=(800, 800))
    with pytest.raises(ImageError):
        load_image(data[: len(data) // 2], min_side_px=100)


def test_too_many_pixels_are_refused_before_decoding(monkeypatch):
    monkeypatch.setenv("HEADSTART_MAX_MEGAPIXELS", "1")
    with pytest.raises(ImageError, match="more than 1 megapixels"):
        load_image(encoded(Image.new("1", (1_001, 1_000)), "PNG"))


def test_small_decoding_keeps_both_sides_above_the_minimum():
    data = picture(1, kind="JPEG", size=(900, 640))
    small = load_image(data, min_side_px=160)
    assert 160 <= min(small.size) < 640


@pytest.mark.parametrize("size", [(1, 1), (1, 50), (50, 1), (3, 300), (640, 480)])
def test_any_size_becomes_a_square(size):
    pixels = square_pixels(load_image(picture(1, size=size)), 32)
    assert pixels.shape == (32, 32, 3)
    assert pixels.dtype == np.uint8


def test_the_square_is_the_centre_of_the_image():
    image = Image.new("RGB", (30, 10), "red")
    image.paste("blue", (10, 0, 20, 10))
    assert (square_pixels(image, 10) == (0, 0, 255)).all()


@pytest.mark.filterwarnings("ignore")
def test_damaged_files_never_end_in_anything_but_an_image_error():
    rng = np.random.default_rng(0)
    for kind in ("PNG", "JPEG", "GIF", "TIFF", "WEBP", "BMP"):
        good = picture(1, kind=kind, size=(40, 30))
        for _ in range(60):
            bad = bytearray(good)
            for place in rng.integers(0, len(bad), 6):
                bad[place] = int(rng.integers(0, 256))
            try:
                load_image(bytes(bad))
            except ImageError:
                continue


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA", "CMYK", "I;16", "F"])
def test_a_large_image_becomes_the_same_pixels_strip_by_strip(mode, monkeypatch):
    image = Image.open(io.BytesIO(picture(5, size=(40, 50)))).convert("L" if mode in ("I;16", "F") else "RGBA")
    image.putalpha(Image.linear_gradient("L").resize(image.size)) if image.mode == "RGBA" else None
    made = image.convert("I").convert("I;16") if mode == "I;16" else image.convert("RGB" if mode == "CMYK" else mode)
    data = encoded(made.convert(mode), "TIFF" if mode in ("F", "CMYK") else "PNG")
    whole = np.asarray(load_image(data))
    monkeypatch.setattr(decode, "LARGE_PIXELS", 300)
    assert np.array_equal(np.asarray(load_image(data)), whole)
