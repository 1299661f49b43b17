from pathlib import Path

import pytest

from app.backup.making import back_up
from app.backup.restoring import restore
from indexer.catalogue import Catalogue
from indexer.database import Database
from indexer.generations import Generations
from indexer.memory import MemoryStore
from indexer.reconcile import differences
from tests.app.interactions.people import NOW
from tests.app.running import RunningApp, hashed
from tests.service import until


@pytest.mark.parametrize("index", ["kept", "gone"])
def test_after_a_restore_the_index_is_built_anew_and_is_what_sql_says(
    index: str, tmp_path: Path
) -> None:
    file = tmp_path / "kindred.backup"
    before, after = MemoryStore(), MemoryStore()
    with RunningApp(hashed(tmp_path / "data"), store=before) as app:
        app.ready()
        for number in range(12):
            app.put(f"item-{number}", title=f"mug number {number}", categories=["Mugs"])
        app.client.delete("/v1/items/item-3?wait=searchable")
        database = Database(app.services.settings.database_url)
        back_up(database, file, now=NOW)
        wanted = app.client.get("/v1/search?q=mug+number+7").json()["items"][0]["item_id"]
        # What comes after the backup is not in it, but it is in the index that was kept.
        app.put("item-4", title="something else by now")
        app.put("too-late", title="mug number 7")
    restore(database, file, now=NOW.replace(year=2100), force=True)
    store = before if index == "kept" else after

    with RunningApp(hashed(tmp_path / "data"), store=store) as app:
        app.ready()

        def waiting() -> int:
            queue = app.client.get("/health/ready").json()["queue"]
            return int(queue["waiting"])

        until(lambda: waiting() == 0, seconds=30, what="everything is indexed")
        found = app.client.get("/v1/search?q=mug+number+7").json()["items"]

        catalogue = Catalogue(database)
        live = Generations(database).live(store.engine)
        assert live is not None
        pages = list(differences(catalogue, store, live))
    assert [dict(page.keys) for page in pages] == [{}]
    assert pages[0].seen == 12
    assert not pages[0].unstamped
    assert store.count(live.collection) == 11
    assert found[0]["item_id"] == wanted
    assert "too-late" not in {each["item_id"] for each in found}
    database.close()
