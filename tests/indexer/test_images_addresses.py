import ssl
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.addresses import refusal
from indexer.errors import PictureForbidden, PictureUnavailable
from indexer.images import PictureFetcher
from tests.indexer.picture_hosts import (
    CERTIFICATE,
    OTHER_PUBLIC,
    PUBLIC,
    Internet,
    Names,
    picture_host,
    redirect,
    reply,
)

INSIDE = [
    "127.0.0.1",
    "127.8.9.1",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "192.0.0.8",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:93.184.215.14",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%1",
    "fec0::1",
    "ff02::1",
    "2001:db8::1",
    "2001::1",
    "2002:7f00:1::",
    "4000::1",
    "fd00:ec2::254",
]


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_inside_is_refused_without_connecting(address: str) -> None:
    internet = Internet({})
    fetcher = PictureFetcher(
        allow_private=False, resolver=Names(inside_example=[[address]]), network=internet
    )

    with pytest.raises(PictureForbidden, match="no public address") as refused:
        fetcher.fetch("http://inside.example/picture")

    assert internet.connected == []
    assert address not in str(refused.value)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f.1",
        "0x7f000001",
        "0177.0.0.1",
        "017700000001",
        "127.0.0.1.",
        "localhost",
        "localhost.",
        "LOCALHOST",
        "[::1]",
        "[::ffff:7f00:1]",
        "[::ffff:127.0.0.1]",
        "\uff11\uff12\uff17.0.0.1",
    ],
)
def test_no_spelling_of_loopback_gets_through(host: str) -> None:
    with picture_host({"/": reply(b"secret")}) as inside:
        fetcher = PictureFetcher(allow_private=False)

        with pytest.raises(PictureForbidden):
            fetcher.fetch(f"http://{host}:{inside.port}/")

        assert inside.requests == []


@pytest.mark.parametrize("address", [PUBLIC, OTHER_PUBLIC, "1.1.1.1", "2a00:1450:4001::1"])
def test_a_public_address_is_not_refused(address: str) -> None:
    assert refusal(address) is None


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_in_disguise_is_refused_in_every_ipv6_form(address: IPv4Address) -> None:
    number = int(address)
    disguises = [
        number,
        0xFFFF << 32 | number,
        0x64FF9B << 96 | number,
        0x2002 << 112 | number << 80,
    ]

    refusals = [refusal(str(IPv6Address(disguise))) for disguise in disguises]

    assert None not in refusals


@given(st.ip_addresses(v=4))
def test_nothing_python_calls_private_or_multicast_passes(address: IPv4Address) -> None:
    inside = address.is_private or address.is_multicast or address.is_reserved

    refused = refusal(str(address)) is not None

    assert refused or not inside


def test_a_name_is_looked_up_once_and_the_judged_address_is_connected_to() -> None:
    names = Names(pictures_example=[[PUBLIC], ["127.0.0.1"]])
    with picture_host({"/a": reply(b"picture")}) as host:
        internet = Internet({PUBLIC: host.port})
        fetcher = PictureFetcher(allow_private=False, resolver=names, network=internet)

        fetched = fetcher.fetch("http://pictures.example/a")

    assert fetched == b"picture"
    assert names.asked == ["pictures.example"]
    assert internet.connected == [PUBLIC]


def test_a_name_rebound_to_loopback_between_redirects_is_refused() -> None:
    names = Names(pictures_example=[[PUBLIC], ["127.0.0.1"]])
    with picture_host({"/a": redirect("/b"), "/b": reply(b"secret")}) as host:
        internet = Internet({PUBLIC: host.port, "127.0.0.1": host.port})
        fetcher = PictureFetcher(allow_private=False, resolver=names, network=internet)

        with pytest.raises(PictureForbidden, match="loopback"):
            fetcher.fetch("http://pictures.example/a")

    assert internet.connected == [PUBLIC]
    assert len(host.requests) == 1


@pytest.mark.parametrize(
    "target",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://inside.example/",
        "//2130706433/",
        "http://[::1]/",
    ],
)
def test_a_redirect_into_the_network_is_refused(target: str) -> None:
    names = Names(
        pictures_example=[[PUBLIC]],
        inside_example=[["10.0.0.5"]],
        **{"2130706433": [["127.0.0.1"]]},
    )
    with picture_host({"/": redirect(target)}) as host:
        internet = Internet({PUBLIC: host.port})
        fetcher = PictureFetcher(allow_private=False, resolver=names, network=internet)

        with pytest.raises(PictureForbidden, match="no public address"):
            fetcher.fetch("http://pictures.example/")

    assert internet.connected == [PUBLIC]


def test_of_mixed_addresses_only_the_public_ones_are_tried() -> None:
    names = Names(pictures_example=[["10.0.0.1", OTHER_PUBLIC, "::1", PUBLIC]])
    with picture_host({"/": reply(b"picture")}) as host:
        internet = Internet({PUBLIC: host.port})
        fetcher = PictureFetcher(allow_private=False, resolver=names, network=internet)

        fetched = fetcher.fetch("http://pictures.example/")

    assert fetched == b"picture"
    assert internet.connected == [OTHER_PUBLIC, PUBLIC]


def test_an_unknown_name_is_worth_trying_again() -> None:
    fetcher = PictureFetcher(allow_private=False, resolver=Names(), network=Internet({}))

    with pytest.raises(PictureUnavailable, match="not known"):
        fetcher.fetch("http://nobody.example/")


def test_a_name_in_another_script_is_looked_up_in_its_ascii_form() -> None:
    names = Names(**{"xn--bcher-kva_example": [[PUBLIC]]})
    with picture_host({"/": reply(b"picture")}) as host:
        fetcher = PictureFetcher(
            allow_private=False, resolver=names, network=Internet({PUBLIC: host.port})
        )

        fetched = fetcher.fetch("http://b\u00fccher.example/")

    assert fetched == b"picture"
    assert "Host: xn--bcher-kva.example\r\n" in host.requests[0]


def test_over_tls_the_certificate_is_checked_against_the_name_not_the_address() -> None:
    names = Names(pictures_example=[[PUBLIC]], other_example=[[PUBLIC]])
    trusting = ssl.create_default_context(cafile=str(CERTIFICATE))
    with picture_host({"/": reply(b"picture")}, tls=True) as host:
        fetcher = PictureFetcher(
            allow_private=False,
            resolver=names,
            network=Internet({PUBLIC: host.port}),
            tls=trusting,
        )

        fetched = fetcher.fetch("https://pictures.example./")
        with pytest.raises(PictureUnavailable, match="certificate"):
            fetcher.fetch("https://other.example/")

    assert fetched == b"picture"
    assert "Host: pictures.example\r\n" in host.requests[0]


def test_a_certificate_nobody_vouches_for_is_not_believed() -> None:
    with picture_host({"/": reply(b"picture")}, tls=True) as host:
        fetcher = PictureFetcher(
            allow_private=False,
            resolver=Names(pictures_example=[[PUBLIC]]),
            network=Internet({PUBLIC: host.port}),
        )

        with pytest.raises(PictureUnavailable, match="certificate"):
            fetcher.fetch("https://pictures.example/")

    assert host.requests == []


def test_a_redirect_from_https_down_to_http_is_refused() -> None:
    trusting = ssl.create_default_context(cafile=str(CERTIFICATE))
    with picture_host({"/": redirect("http://pictures.example/")}, tls=True) as host:
        fetcher = PictureFetcher(
            allow_private=False,
            resolver=Names(pictures_example=[[PUBLIC]]),
            network=Internet({PUBLIC: host.port}),
            tls=trusting,
        )

        with pytest.raises(PictureForbidden, match="from https to http"):
            fetcher.fetch("https://pictures.example/")
