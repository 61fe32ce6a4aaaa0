"""Start of the web pages: `make dashboard`."""

import sys
from pathlib import Path

import streamlit as st

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from dashboard import serving, ui
from dashboard.views import (
    attribution,
    customers,
    experiments,
    forecast,
    monitoring,
    overview,
    quality,
    returns,
)

HERE = Path(__file__).resolve().parent
st.set_page_config(
    page_title="Insight Engine", page_icon=str(HERE / "mark.svg"), layout="wide"
)

PAGES = [
    (overview, "Overview", "overview", ":material/dashboard:"),
    (attribution, "Attribution", "attribution", ":material/hub:"),
    (customers, "Customers", "customers", ":material/groups:"),
    (monitoring, "Monitoring", "monitoring", ":material/monitoring:"),
    (returns, "Returns", "returns", ":material/assignment_return:"),
    (forecast, "Forecast", "forecast", ":material/trending_up:"),
    (experiments, "Experiments", "experiments", ":material/science:"),
    (quality, "Data quality", "quality", ":material/verified:"),
]


@st.fragment(run_every="3s")
def watch(shown):
    """Show the page anew once another publication has taken the file's place."""
    if serving.identity() != shown:
        st.rerun(scope="app")


def main():
    """Show the page that the address names."""
    pages = [
        st.Page(
            module.render, title=title, url_path=address, icon=icon, default=place == 0
        )
        for place, (module, title, address, icon) in enumerate(PAGES)
    ]
    chosen = st.navigation(pages)
    st.logo(str(HERE / "logo.svg"), size="large", icon_image=str(HERE / "mark.svg"))
    st.html(ui.CSS)
    problem = serving.begin()
    watch(serving.current())
    if problem:
        st.title(chosen.title)
        st.html(
            '<div class="ie-empty" role="status"><b>Nothing is published yet</b>'
            f"<span>{ui.escape(problem)} Run <code>make build</code>: it publishes once"
            " every test has passed, and this page will notice by itself.</span></div>"
        )
        return
    chosen.run()


main()
