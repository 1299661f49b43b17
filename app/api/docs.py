"""The page at /docs, from files on this machine: it opens without a content network."""

from importlib.resources import files

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

from app.api.security import page_policy

STATIC = "/docs-static"


def add_docs(app: FastAPI) -> None:
    """Serve Swagger UI at /docs over the app's own OpenAPI."""
    # The package brings Swagger UI's files; its own application class would take ours' place.
    folder = str(files("fastapi_offline") / "static")
    app.mount(STATIC, StaticFiles(directory=folder), name="docs-static")
    page = get_swagger_ui_html(
        openapi_url="/openapi.json",
        title=app.title,
        swagger_js_url=f"{STATIC}/swagger-ui-bundle.js",
        swagger_css_url=f"{STATIC}/swagger-ui.css",
        swagger_favicon_url=f"{STATIC}/favicon.png",
    )
    page.headers["Content-Security-Policy"] = page_policy(bytes(page.body).decode())

    async def docs() -> HTMLResponse:
        return page

    app.add_api_route("/docs", docs, include_in_schema=False)
