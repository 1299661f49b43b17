# ruff: noqa: INP001, S310, T201, TID251 - a program of its own, for readers to copy
"""A page of a shop that shows what Kindred recommends. Python alone; nothing to install.

    python docs/examples/shop.py                 # then open http://127.0.0.1:8080

The browser talks to this program, and this program to Kindred, as in a real shop: the key stays on
the server, and the browser needs no leave to call another address.

Environment:
    RECOMMENDER_URL  Where Kindred answers; by default http://127.0.0.1:8000.
    RECOMMENDER_KEY  Its key, if it asks for one.
    SHOP_PORT        Where this page is served; by default 8080.
"""

import json
import os
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote, urlsplit

KINDRED = os.environ.get("RECOMMENDER_URL", "http://127.0.0.1:8000")
KEY = os.environ.get("RECOMMENDER_KEY", "")
PORT = int(os.environ.get("SHOP_PORT", "8080"))

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>A small shop</title>
<style>
  :root { color-scheme: light dark; font-family: system-ui, sans-serif; }
  body { max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
  ul { display: grid; grid-template-columns: repeat(auto-fill, minmax(9rem, 1fr)); gap: 1rem;
       list-style: none; padding: 0; }
  li { display: flex; flex-direction: column; gap: .3rem; }
  img, .blank { width: 100%; aspect-ratio: 1; object-fit: cover; border-radius: .5rem;
                background: #8884; }
  small { opacity: .75; }
</style>
<h1>A small shop</h1>
<label>You are <input id="who" value="ada" size="12"></label>
<h2 id="heading">For you</h2>
<ul id="list"></ul>
<script>
  const $ = (id) => document.getElementById(id);
  let shown;  // the answer on the page, quoted when something of it is liked

  async function ask(path, options) {
    const answer = await fetch("/api" + path, options);
    const body = await answer.json();
    if (!answer.ok) throw new Error(body.detail);
    return body;
  }

  function button(label, act) {
    const made = document.createElement("button");
    made.textContent = label;
    made.onclick = () => act().catch((error) => alert(error.message));
    return made;
  }

  async function card(item) {
    const whole = await ask("/items/" + encodeURIComponent(item.item_id));
    const made = document.createElement("li");
    const picture = document.createElement(whole.image_url ? "img" : "div");
    if (whole.image_url) Object.assign(picture, { src: whole.image_url, alt: "" });
    else picture.className = "blank";
    const title = document.createElement("span");
    title.textContent = whole.title ?? item.item_id;  // never as HTML: titles are anyone's words
    const why = document.createElement("small");
    why.textContent = item.source === "vector" ? "picked for you" : item.source;
    made.append(picture, title, why, button("Like", () => like(item)),
                button("More like this", () => show("/items/" + encodeURIComponent(item.item_id)
                  + "/similar?limit=10", "Like " + (whole.title ?? item.item_id))));
    return made;
  }

  async function show(path, heading) {
    shown = await ask(path);
    $("heading").textContent = heading;
    $("list").replaceChildren(...await Promise.all(shown.items.map(card)));
  }

  const forYou = () => show("/users/" + encodeURIComponent($("who").value) + "/for-you?limit=10",
                            "For you");

  async function like(item) {
    await ask("/interactions", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ user_id: $("who").value, item_id: item.item_id, type: "like",
                             recommendation_id: shown.recommendation_id }),
    });
    await forYou();
  }

  $("who").onchange = forYou;
  forYou().catch((error) => { $("heading").textContent = error.message; });
</script>
</html>
"""


class Shop(BaseHTTPRequestHandler):
    """Serves the page, and passes what it asks for on to Kindred."""

    def do_GET(self) -> None:
        """Serve the page, or a list."""
        if urlsplit(self.path).path == "/":
            self._answer(200, "text/html; charset=utf-8", PAGE.encode())
        else:
            self._pass_on(None)

    def do_POST(self) -> None:
        """Take in what somebody did."""
        self._pass_on(self.rfile.read(int(self.headers.get("Content-Length", "0"))))

    def _pass_on(self, body: bytes | None) -> None:
        # Only what the page needs: anyone who reaches this program acts with its key.
        parts = urlsplit(self.path)
        reads = body is None and parts.path.startswith(("/api/users/", "/api/items/"))
        if not reads and (body is None or parts.path != "/api/interactions"):
            self._answer(404, "application/json", b'{"detail": "There is no such page."}')
            return
        path = quote(parts.path.removeprefix("/api"), safe="/%")
        request = urllib.request.Request(f"{KINDRED}/v1{path}?{parts.query}", data=body)
        request.add_header("Content-Type", "application/json")
        if KEY:
            request.add_header("Authorization", f"Bearer {KEY}")
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                self._answer(answer.status, "application/json", answer.read())
        except urllib.error.HTTPError as error:
            self._answer(error.code, "application/json", error.read())
        except OSError as error:
            said = json.dumps({"detail": f"Kindred does not answer at {KINDRED}: {error}"})
            self._answer(502, "application/json", said.encode())

    def _answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing of every request."""


if __name__ == "__main__":
    print(f"The shop is open on http://127.0.0.1:{PORT}")
    ThreadingHTTPServer(("127.0.0.1", PORT), Shop).serve_forever()
