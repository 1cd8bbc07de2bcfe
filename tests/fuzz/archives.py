"""Archives and folders that lie, lead out of themselves, or unpack to more than a disk holds."""

from __future__ import annotations

import io
import os
import struct
import zipfile
import zlib
from pathlib import Path
from random import Random

from tests.fuzz.mutation import Member, damaged, good_images, good_members, zipped

NAMES = (
    "../../etc/passwd.png",
    "cats/../../../../tmp/out.png",
    "/etc/cron.d/out.png",
    "C:\\Windows\\out.png",
    "\\\\server\\share\\out.png",
    "cats/..",
    "..",
    ".",
    "/",
    "//",
    "cats//dogs///x.png",
    "CON/1.png",
    "NUL",
    "aux.png",
    "cats/COM1.png",
    "cats/1.png:stream",
    "cats/\x00/1.png",
    "cats/1.png\x00.exe",
    "cats\n\r\t/1.png",
    "\x1b[2J\x1b]0;owned\x07/1.png",
    "\u202egnp.exe/1.png",
    "cats\u200b/1.png",
    "\u200b/1.png",
    "<script>alert(1)</script>/1.png",
    "![x](http://evil.example/x.png)/1.png",
    "=cmd|' /C calc'!A0/1.png",
    "$(touch out)/`touch out`.png",
    "-rf/--help.png",
    "~/.ssh/authorized_keys.png",
    "%2e%2e%2f%2e%2e%2fout.png",
    "cats/" + "x" * 10_000 + ".png",
    "y" * 60_000 + "/1.png",
    "d/" * 3_000 + "1.png",
    "Cats/1.png",
    "CATS/1.png",
    "cats /1.png",
    "cats./1.png",
    "train/1.png",
    "test/train/val/1.png",
    " ",
)

DEVICES = (0o120777, 0o020666, 0o060660, 0o010644, 0o140755, 0o040755)
"""Link, character device, block device, pipe, socket, folder: as Unix writes them into an archive."""


def bad_names(rng: Random, folder: Path) -> Path:
    members: list[Member] = [(rng.choice(NAMES), rng.choice(good_images())) for _ in range(rng.randint(1, 8))]
    return _kept(folder, "names.zip", zipped([*good_members(), *members]))


def only_bad_names(rng: Random, folder: Path) -> Path:
    members: list[Member] = [(name, rng.choice(good_images())) for name in rng.sample(NAMES, 12)]
    return _kept(folder, "only.zip", zipped(members))


def devices(rng: Random, folder: Path) -> Path:
    members: list[Member] = []
    for number in range(rng.randint(1, 4)):
        info = zipfile.ZipInfo(f"cats/device{number}.png")
        info.create_system = 3
        info.external_attr = rng.choice(DEVICES) << 16
        members.append((info, rng.choice((b"/etc/passwd", b"../../..", good_images()[0]))))
    return _kept(folder, "devices.zip", zipped([*good_members(), *members]))


def duplicates(rng: Random, folder: Path) -> Path:
    member = rng.choice(good_members())
    return _kept(folder, "twice.zip", zipped([*good_members(), *[member] * rng.randint(1, 50)]))


def ratio_bomb(rng: Random, folder: Path) -> Path:
    size = rng.choice((2_000_000, 20_000_000))
    name = rng.choice(("cats/bomb.bmp", "cats/bomb.txt", "bomb.csv", "bomb"))
    return _kept(folder, "bomb.zip", zipped([*good_members(), (name, bytes(size))]))


def many_small_bombs(rng: Random, folder: Path) -> Path:
    """Each is just below the size that is looked at; together they are not."""
    members: list[Member] = [(f"cats/{n}.txt", b"a" * 1_000_000 + b"%d" % n) for n in range(rng.randint(20, 40))]
    return _kept(folder, "many.zip", zipped([*members, ("dogs/1.txt", b"x"), ("dogs/2.txt", b"y")]))


def nested(rng: Random, folder: Path) -> Path:
    inner = zipped(good_members())
    for level in range(rng.randint(1, 30)):
        inner = zipped([(f"level{level}.{rng.choice(('zip', 'png', 'csv', 'ZIP', 'dat'))}", inner)])
    return _kept(folder, "nested.zip", inner)


def overlapping(rng: Random, folder: Path) -> Path:
    """Fifield's bomb: many names for the same bytes."""
    data = bytes(rng.choice((100_000, 900_000)))
    packed = zlib.compress(data, 9)[2:-4]
    local = struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, 0, 8, 0, 33, zlib.crc32(data), len(packed), len(data), 1, 0)
    entries = b""
    count = rng.randint(2, 2_000)
    for number in range(count):
        name = f"cats/{number}.txt".encode()
        entries += struct.pack(
            "<IHHHHHHIIIHHHHHII",
            0x02014B50, 20, 20, 0, 8, 0, 33, zlib.crc32(data), len(packed), len(data), len(name), 0, 0, 0, 0, 0, 0,
        ) + name  # fmt: skip
    body = local + b"a" + packed
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, count, count, len(entries), len(body), 0)
    return _kept(folder, "overlap.zip", body + entries + end)


def lying_sizes(rng: Random, folder: Path) -> Path:
    data = bytearray(zipped(good_members()))
    at = data.find(b"PK\x01\x02")
    while at >= 0:
        if rng.random() < 0.4:
            struct.pack_into("<I", data, at + rng.choice((16, 20, 24, 42)), rng.choice((0, 1, 2**31, 2**32 - 1)))
        at = data.find(b"PK\x01\x02", at + 4)
    return _kept(folder, "lies.zip", bytes(data))


def flagged(rng: Random, folder: Path) -> Path:
    """Encrypted, or packed in ways that nobody unpacks."""
    data = bytearray(zipped(good_members()))
    at = data.find(b"PK\x01\x02")
    flag, method = rng.choice((0, 1, 0x41, 0x2000, 0x800)), rng.choice((0, 8, 9, 12, 14, 93, 99))
    while at >= 0:
        struct.pack_into("<HH", data, at + 8, flag, method)
        at = data.find(b"PK\x01\x02", at + 4)
    return _kept(folder, "flags.zip", bytes(data))


def zip64_lies(rng: Random, folder: Path) -> Path:
    info = zipfile.ZipInfo("cats/huge.png")
    values = [rng.choice((0, 1, 2**40, 2**63, 2**64 - 1)) for _ in range(3)]
    info.extra = struct.pack("<HHQQQ", 1, rng.choice((24, 8, 0, 60_000)), *values)
    return _kept(folder, "zip64.zip", damaged(rng, zipped([*good_members(), (info, good_images()[0])])))


def many_entries(rng: Random, folder: Path) -> Path:
    n = rng.choice((3_000, 20_000))
    members: list[Member] = [(f"{'cats' if n % 2 else 'dogs'}/{n}.txt", b"%d" % n) for n in range(n)]
    return _kept(folder, "entries.zip", zipped(members, compressed=False))


def polyglot(rng: Random, folder: Path) -> Path:
    before = rng.choice((b"%PDF-1.7\n", good_images()[0], b"<html><script>alert(1)</script>", b"MZ" + bytes(200)))
    name = rng.choice(("both.zip", "both.png", "both.csv", "both", "both.html", "both.xlsx"))
    return _kept(folder, name, before + zipped(good_members()))


def misnamed(rng: Random, folder: Path) -> Path:
    name = rng.choice(("a.tar", "a.gz", "a.7z", "a.rar", "a.tar.gz", "a.png", "a.csv", "a.jsonl", "a.parquet", "a"))
    return _kept(folder, name, rng.choice((zipped(good_members()), b"\x1f\x8b" + bytes(30), b"7z\xbc\xaf'\x1c", b"")))


def random_damage(rng: Random, folder: Path) -> Path:
    return _kept(folder, "damaged.zip", damaged(rng, zipped(good_members(), compressed=rng.random() < 0.5)))


def comment(rng: Random, folder: Path) -> Path:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in good_members():
            archive.writestr(name, data)
        archive.comment = rng.choice((b"PK\x05\x06" * 100, b"x" * 65_535, b"\x1b[2J"))
    return _kept(folder, "comment.zip", file.getvalue())


def folder_of_traps(rng: Random, folder: Path) -> Path:
    root = folder / "traps"
    for name, data in good_members():
        file = root / str(name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    (root / "loop").symlink_to(root)
    (root / "cats" / "passwd.png").symlink_to("/etc/passwd")
    (root / "cats" / "gone.png").symlink_to("nowhere")
    os.mkfifo(root / "cats" / "pipe.png")
    (root / "cats" / "closed.png").write_bytes(good_images()[0])
    (root / "cats" / "closed.png").chmod(0)
    strange = (b"\xff\xfe.png", b"a\nb.png", b"\x1b[31m.png", "\u202egnp.png".encode(), b"=1+1.png", b"-rf.png")
    for name in rng.sample(strange, 3):
        (Path(os.fsdecode(os.fsencode(root / "dogs") + b"/" + name))).write_bytes(rng.choice(good_images()))
    return root


def deep_folder(rng: Random, folder: Path) -> Path:
    root = folder / "deep"
    for name, data in good_members("deep/"):
        file = folder / str(name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    place = root
    for _ in range(rng.choice((50, 300, 1_500))):
        place = place / "d"
        place.mkdir()
    (place / "1.png").write_bytes(good_images()[0])
    return root


def _kept(folder: Path, name: str, data: bytes) -> Path:
    file = folder / name
    file.write_bytes(data)
    return file


MALICES = (
    bad_names,
    only_bad_names,
    devices,
    duplicates,
    ratio_bomb,
    nested,
    overlapping,
    lying_sizes,
    flagged,
    zip64_lies,
    polyglot,
    misnamed,
    random_damage,
    comment,
    folder_of_traps,
    deep_folder,
)
HEAVY = (many_small_bombs, many_entries)
