from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest

from app.feeds.checkpoints import Checkpoints
from app.feeds.membership import Feed
from app.feeds.pull import Deletion, Puller, PullReport, feed_fetcher
from app.formats.columns import Reading
from app.formats.errors import FileUnreadable
from app.formats.plan import How
from app.import_run import Attention
from app.rehearsal import RehearsedItems
from indexer.catalogue import Catalogue
from indexer.database import Database
from indexer.errors import FetchForbidden, FetchUnavailable
from indexer.fetching import Fetcher
from indexer.items import Item, Put
from tests.indexer.picture_hosts import PictureHost, packed, picture_host, redirect, reply

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HALF = Deletion(max_share=0.5)


class Shop:
    """A host with a feed, and the catalogue it is pulled into; every pull is an hour later."""

    def __init__(self, host: PictureHost, database: Database) -> None:
        self.host = host
        self.database = database
        self.catalogue = Catalogue(database)
        self.url = host.url + "/feed?token=secret"
        self.now = NOW

    def offers(self, *item_ids: str, etag: str | None = None, also: object = None) -> None:
        """Serve a feed of these items."""
        rows: list[object] = [{"item_id": each, "title": f"Item {each}"} for each in item_ids]
        rows += [also] if also is not None else []
        headers = [("ETag", etag)] if etag else []
        self.serves(reply(orjson.dumps({"items": rows}), 200, *headers))

    def serves(self, answer: bytes) -> None:
        self.host.replies["/feed?token=secret"] = answer

    def pull(
        self,
        *,
        deletion: Deletion | None = None,
        how: How | None = None,
        anew: bool = False,
        rehearsed: bool = False,
        url: str | None = None,
        fetcher: Fetcher | None = None,
    ) -> PullReport:
        self.now += timedelta(hours=1)
        url = url or self.url
        puller = Puller(
            RehearsedItems(self.catalogue) if rehearsed else self.catalogue,
            fetcher or feed_fetcher(allow_private=True),
            Checkpoints(self.database),
            how or How(),
            anew=anew,
        )
        feed = Feed(self.database, url)
        pull = puller.rehearse if rehearsed else puller.pull
        return pull(url, feed, now=self.now, attention=Attention(), deletion=deletion)

    def there(self) -> set[str]:
        return {each.item.item_id for each in self.catalogue.page(limit=1_000)}


@pytest.fixture
def shop(database: Database) -> Iterator[Shop]:
    with picture_host({}) as host:
        yield Shop(host, database)


def test_a_feed_is_pulled_into_the_catalogue(shop: Shop) -> None:
    shop.offers("a", "b")

    report = shop.pull()

    assert report.imported is not None
    assert (report.imported.landed, report.deleted) == (2, 0)
    assert shop.there() == {"a", "b"}


def test_what_has_not_changed_costs_one_answer_without_content(shop: Shop) -> None:
    shop.offers("a", etag='"v1"')
    shop.pull()
    shop.serves(reply(b"", 304))

    report = shop.pull()

    assert report.imported is None
    assert 'If-None-Match: "v1"' in shop.host.requests[-1]


def test_the_time_of_the_last_change_goes_with_the_next_request(shop: Shop) -> None:
    modified = "Sat, 31 Jan 2026 14:05:00 GMT"
    shop.serves(reply(b'[{"item_id": "a", "title": "x"}]', 200, ("Last-Modified", modified)))
    shop.pull()
    shop.serves(reply(b"", 304))

    report = shop.pull()

    assert report.imported is None
    assert f"If-Modified-Since: {modified}" in shop.host.requests[-1]


def test_the_same_content_is_not_imported_again_even_if_the_host_knows_no_conditions(
    shop: Shop,
) -> None:
    shop.offers("a")
    shop.pull()

    report = shop.pull()

    assert report.imported is None


def test_another_way_of_reading_it_is_no_condition(shop: Shop) -> None:
    shop.offers("a", etag='"v1"')
    shop.pull()

    report = shop.pull(how=How(reading=Reading(constants={"price": "5"})))

    stored = shop.catalogue.get("a")
    assert report.imported is not None
    assert "If-None-Match" not in shop.host.requests[-1]
    assert stored is not None
    assert stored.item.price == 5


def test_anew_pulls_whatever_was_there(shop: Shop) -> None:
    shop.offers("a", etag='"v1"')
    shop.pull()

    report = shop.pull(anew=True)

    assert report.imported is not None
    assert report.imported.unchanged == 1
    assert "If-None-Match" not in shop.host.requests[-1]


def test_nothing_is_deleted_unless_asked_for(shop: Shop) -> None:
    shop.offers("a", "b")
    shop.pull()
    shop.offers("a")

    report = shop.pull()

    assert report.deleted == 0
    assert shop.there() == {"a", "b"}


def test_what_vanished_is_deleted_when_asked_for(shop: Shop) -> None:
    shop.offers("a", "b", "c")
    shop.pull()
    shop.offers("a", "c")

    report = shop.pull(deletion=HALF)

    assert (report.members, report.vanished, report.deleted) == (3, 1, 1)
    assert shop.there() == {"a", "c"}


def test_what_vanished_earlier_is_deleted_later_though_nothing_has_changed_since(
    shop: Shop,
) -> None:
    shop.offers("a", "b")
    shop.pull()
    shop.offers("a", etag='"v2"')
    shop.pull()
    shop.serves(reply(b"", 304))

    report = shop.pull(deletion=HALF)

    assert report.imported is None
    assert report.deleted == 1
    assert shop.there() == {"a"}


def test_when_more_vanished_than_allowed_nothing_is_deleted_and_the_numbers_are_told(
    shop: Shop,
) -> None:
    shop.offers("a", "b", "c", "d")
    shop.pull()
    shop.offers("a")

    refused = shop.pull(deletion=HALF)
    allowed = shop.pull(deletion=Deletion(0.75))

    assert refused.refused is not None
    assert "3 of the feed's 4 items" in refused.refused
    assert "--max-delete-share 0.5" in refused.refused
    assert refused.deleted == 0
    assert allowed.deleted == 3
    assert shop.there() == {"a"}


def test_an_empty_feed_deletes_nothing(shop: Shop) -> None:
    shop.offers("a", "b")
    shop.pull()
    shop.offers()

    report = shop.pull(deletion=HALF)

    assert report.refused is not None
    assert shop.there() == {"a", "b"}


def test_items_that_came_another_way_stay(shop: Shop) -> None:
    shop.catalogue.write([Put(Item("own", title="x"), as_of=NOW)], now=NOW)
    shop.offers("a", "b")
    shop.pull()
    shop.offers("a")

    shop.pull(deletion=HALF)

    assert shop.there() == {"own", "a"}


def test_an_item_that_another_feed_has_stays(shop: Shop) -> None:
    shop.host.replies["/other"] = reply(b'[{"item_id": "b", "title": "Item b"}]')
    shop.pull(url=shop.host.url + "/other")
    shop.offers("a", "b")
    shop.pull()
    shop.offers("a")

    report = shop.pull(deletion=HALF)

    assert (report.vanished, report.deleted) == (1, 0)
    assert shop.there() == {"a", "b"}


def test_a_bad_row_whose_id_can_be_read_has_not_vanished(shop: Shop) -> None:
    shop.offers("a", "b")
    shop.pull()
    shop.offers("a", also={"item_id": "b", "title": "x", "price": -1})

    report = shop.pull(deletion=HALF)

    assert report.imported is not None
    assert report.imported.bad == 1
    assert report.vanished == 0
    assert shop.there() == {"a", "b"}


def test_while_a_row_has_no_id_nothing_is_deleted(shop: Shop) -> None:
    shop.offers("a", "b")
    shop.pull()
    shop.offers("a", also={"title": "which one?"})

    report = shop.pull(deletion=Deletion(1))

    assert report.refused is not None
    assert "1 bad rows have no id" in report.refused
    assert shop.there() == {"a", "b"}


@pytest.mark.parametrize(
    "body",
    [
        b'{"items": [{"item_id": "a", "title": "x"}',
        b"<rss><channel><item><id>a</id><title>x</title></item>",
    ],
)
def test_a_feed_that_is_cut_short_deletes_nothing(shop: Shop, body: bytes) -> None:
    shop.offers("a", "b")
    shop.pull()
    shop.serves(reply(body))

    with pytest.raises(FileUnreadable, match="cut short"):
        shop.pull(deletion=Deletion(1))

    assert shop.there() == {"a", "b"}


def test_a_webhook_newer_than_the_pull_is_not_undone(shop: Shop) -> None:
    later = NOW + timedelta(hours=5)
    shop.catalogue.write([Put(Item("a", title="newer"), as_of=later)], now=later)
    shop.offers("a")

    shop.pull()

    stored = shop.catalogue.get("a")
    assert stored is not None
    assert stored.item.title == "newer"


def test_an_item_that_comes_back_lands_again(shop: Shop) -> None:
    for item_ids in (["a", "b"], ["a"], ["a", "b"]):
        shop.offers(*item_ids)
        shop.pull(deletion=HALF)

    assert shop.there() == {"a", "b"}


def test_a_rehearsal_tells_what_would_be_and_changes_nothing(shop: Shop) -> None:
    shop.offers("a", "b", "c")
    shop.pull()
    shop.offers("a", "c", "d")

    report = shop.pull(deletion=HALF, rehearsed=True)

    assert report.imported is not None
    assert (report.imported.landed, report.imported.unchanged) == (1, 2)
    assert (report.vanished, report.deleted) == (1, 1)
    assert shop.there() == {"a", "b", "c"}
    assert shop.pull().imported is not None


def test_a_product_feed_of_tabs_is_read(shop: Shop) -> None:
    shop.serves(
        reply(
            b"id\ttitle\timage link\tprice\tavailability\n"
            b"a\tMug\thttps://shop.example/a.jpg\t15.00 USD\tin stock\n",
            200,
            ("Content-Type", "text/plain"),
        )
    )

    shop.pull()

    stored = shop.catalogue.get("a")
    assert stored is not None
    assert (stored.item.price, stored.item.image_url) == (15, "https://shop.example/a.jpg")


def test_a_packed_feed_is_unpacked(shop: Shop) -> None:
    shop.serves(packed(b'[{"item_id": "a", "title": "x"}]'))

    shop.pull()

    assert shop.there() == {"a"}


def test_addresses_inside_the_network_are_refused_unless_allowed(shop: Shop) -> None:
    shop.offers("a")

    with pytest.raises(FetchForbidden, match="no public address"):
        shop.pull(fetcher=feed_fetcher(allow_private=False))

    assert shop.host.requests == []


def test_a_redirect_is_followed_and_judged(shop: Shop) -> None:
    shop.host.replies["/moved"] = redirect("/feed?token=secret")
    shop.host.replies["/inside"] = redirect("file:///etc/passwd")
    shop.offers("a")

    shop.pull(url=shop.host.url + "/moved")
    with pytest.raises(FetchForbidden, match="scheme is 'file'"):
        shop.pull(url=shop.host.url + "/inside")

    assert shop.there() == {"a"}


def test_a_feed_above_the_size_limit_is_refused(shop: Shop) -> None:
    shop.offers("a", "b")
    small = Fetcher("feed", allow_private=True, max_bytes=20, max_redirects=0)

    with pytest.raises(FetchForbidden, match="the feed has more than 20 bytes"):
        shop.pull(fetcher=small)


@pytest.mark.parametrize("status", [404, 503])
def test_a_feed_that_is_down_changes_nothing(shop: Shop, status: int) -> None:
    shop.offers("a")
    shop.pull()
    shop.serves(reply(b"no", status))

    with pytest.raises(FetchUnavailable, match=f"answered {status}"):
        shop.pull(deletion=Deletion(1))

    assert shop.there() == {"a"}


def test_the_address_is_kept_without_what_may_be_secret(shop: Shop, tmp_path: Path) -> None:
    del tmp_path
    shop.offers("a")

    shop.pull()

    assert "secret" not in Feed(shop.database, shop.url).address
