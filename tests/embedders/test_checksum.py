import hashlib
from pathlib import Path

from embedders.checksum import checksum, identity


def test_the_checksum_of_one_file_is_what_sha256sum_prints(tmp_path: Path) -> None:
    file = tmp_path / "w"
    file.write_bytes(b"weights")

    assert checksum([file]) == hashlib.sha256(b"weights").hexdigest()


def test_the_checksum_of_several_files_depends_on_each_and_on_their_order(tmp_path: Path) -> None:
    one, other = tmp_path / "1", tmp_path / "2"
    one.write_bytes(b"a")
    other.write_bytes(b"b")
    before = checksum([one, other])

    other.write_bytes(b"c")

    assert len({before, checksum([one, other]), checksum([other, one])}) == 3


def test_an_identity_fits_where_it_is_kept() -> None:
    assert identity("small", "0123456789abcdef") == "small@0123456789ab"
    assert len(identity("x" * 1_000, "0" * 64)) <= 255
