"""The frame of the dashboard: look, navigation and the border at which errors stop. `app.py` serves it."""

from pathlib import Path

import streamlit as st

from core.settings import PRODUCT
from core.workflows.warm_up import start_warm_up
from pages.components.entrance import is_entered, render_way_in
from pages.components.frame import enter_frame, page_frame, render_privacy

ROOT = Path(__file__).parent
ASSETS = ROOT / "assets"

st.set_page_config(page_title=PRODUCT, page_icon=str(ASSETS / "icon.png"), layout="wide")
start_warm_up()

PAGES = (
    ("home", "Home", ":material/home:", "Try it with a sample, and see your recent runs."),
    ("data", "Data", ":material/dataset:", "Bring labeled images or texts and look at them."),
    ("train", "Train", ":material/model_training:", "Choose a model, freeze stages, start a training."),
    ("results", "Results", ":material/monitoring:", "Follow a training and read its report."),
    ("compare", "Compare", ":material/compare_arrows:", "See whether one run is better than another, or only luckier."),
    ("predict", "Predict", ":material/wand_stars:", "Give a trained model something new."),
)
pages = [
    st.Page(f"pages/{name}.py", title=title, icon=icon, help=help_text, default=name == "home")
    for name, title, icon, help_text in PAGES
]
demo = st.Page("pages/demo.py", title="Demo", icon=":material/wand_stars:", visibility="hidden")
page = st.navigation([*pages, demo], position="sidebar" if is_entered() else "hidden")
if page is demo:  # for visitors: nothing that leads elsewhere
    st.navigation([*pages, demo], position="hidden")
    st.set_page_config(layout="centered")
else:
    is_dark = st.context.theme.type == "dark"
    logo = ASSETS / ("logo-dark.svg" if is_dark else "logo.svg")
    st.logo(str(logo), icon_image=str(ASSETS / "icon.svg"), size="large")
if is_entered():
    with page_frame():
        enter_frame()
        if page is not demo:
            render_privacy()
        page.run()
else:
    render_way_in()
