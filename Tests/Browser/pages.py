"""Walks the public pages in a real browser: leave, come back, choose, leave all.

With script and without, in two languages, at the width of a phone, by mouse and by keyboard alone;
axe looks at every page, and a picture of each is kept in test-artifacts/browser.
Usage: pages.py HEED
"""

import base64
import json
import os
import shutil
import sys
import tempfile
from contextlib import contextmanager

import axe_core_python
from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.expected_conditions import staleness_of
from selenium.webdriver.support.wait import WebDriverWait

from installation import Installation

PHONE = {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": False}
PICTURES = os.path.realpath("test-artifacts/browser")
with open(os.path.join(os.path.dirname(axe_core_python.__file__), "axe.min.js"),
          encoding="utf-8") as source:
    AXE = source.read()
WORDS = {
    "en": {"ask": "Unsubscribe", "done": "You are unsubscribed", "choices": "Your choices",
           "invalid": "This link does not work", "offers": "Offers", "thanks": "Thank you"},
    "de": {"ask": "Abmelden", "done": "Sie sind abgemeldet", "choices": "Ihre Auswahl",
           "invalid": "Dieser Link funktioniert nicht", "offers": "Angebote",
           "thanks": "Vielen Dank"},
}


def expect(found, wanted, what):
    """Fails with what is wrong."""
    if found != wanted:
        raise AssertionError(f"{what}: {found!r} instead of {wanted!r}")


@contextmanager
def browser(language, script, dark=False):
    """Chromium as a phone of somebody who reads this language."""
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                     "--hide-scrollbars", "--lang=" + language):
        options.add_argument(argument)
    options.add_experimental_option("prefs", {"intl.accept_languages": language})
    driver = webdriver.Chrome(options, Service(shutil.which("chromedriver")))
    driver.set_page_load_timeout(30)
    try:
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", PHONE)
        driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": not script})
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": scheme})
        yield driver
    finally:
        driver.quit()


class Walk:
    """One reader's way, with a picture and a check of each page."""

    def __init__(self, driver, name, script=True):
        self.driver, self.name, self.script, self.count = driver, name, script, 0

    def look(self, page, heading, language):
        """Checks the page that is shown, and keeps a picture of it."""
        driver = self.driver
        self.count += 1
        expect(driver.find_element(By.TAG_NAME, "h1").text, heading, f"heading of {page}")
        root = driver.find_element(By.TAG_NAME, "html")
        expect(root.get_attribute("lang"), language, f"language of {page}")
        width = driver.execute_script("return document.documentElement.scrollWidth")
        expect(width <= PHONE["width"], True, f"{page} fits, its width of {width}")
        size = driver.execute_cdp_cmd("Page.getLayoutMetrics", {})["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        picture = driver.execute_cdp_cmd(
            "Page.captureScreenshot", {"clip": clip, "captureBeyondViewport": True})["data"]
        with open(f"{PICTURES}/{self.name}-{self.count}-{page}.png", "wb") as file:
            file.write(base64.b64decode(picture))
        self.axe(page)

    def axe(self, page):
        """Nothing that axe calls serious or critical."""
        # axe waits by timers, which need script; the page is complete by now and has none.
        self.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
        expression = AXE + "\n;axe.run(document).then(found => JSON.stringify(found.violations))"
        answer = self.driver.execute_cdp_cmd(
            "Runtime.evaluate",
            {"expression": expression, "awaitPromise": True, "returnByValue": True},
        )
        disabled = {"value": not self.script}
        self.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", disabled)
        if "exceptionDetails" in answer:
            raise AssertionError(f"axe did not run on {page}: {answer['exceptionDetails']}")
        bad = [v for v in json.loads(answer["result"]["value"])
               if v["impact"] in ("serious", "critical")]
        lines = [f"{v['id']}: {v['nodes'][0]['html']}" for v in bad]
        expect(lines, [], f"axe on {page}")

    @contextmanager
    def leaving(self):
        """What it does leads to another page; returns once the old one is gone."""
        page = self.driver.find_element(By.TAG_NAME, "html")
        yield
        # Amid the change the driver may answer with errors of its own; then it is asked again.
        wait = WebDriverWait(self.driver, 30, 0.05, ignored_exceptions=[WebDriverException])
        wait.until(staleness_of(page))

    def press(self, name, value):
        """Presses a button as a mouse does."""
        with self.leaving():
            selector = f"button[name={name}][value={value}]"
            self.driver.find_element(By.CSS_SELECTOR, selector).click()

    def tab_to(self, selector, most=30):
        """Moves the focus by the Tab key alone, until it is there."""
        wanted = self.driver.find_element(By.CSS_SELECTOR, selector)
        for _ in range(most):
            if self.driver.switch_to.active_element == wanted:
                return wanted
            self.driver.switch_to.active_element.send_keys(Keys.TAB)
        raise AssertionError(f"{selector} cannot be reached by keyboard")

    def boxes(self):
        """Which boxes are ticked, by scope."""
        found = self.driver.find_elements(By.CSS_SELECTOR, "input[type=checkbox]")
        return {box.get_attribute("name")[4:]: box.is_selected() for box in found}


def walk(heed, driver, language, script):
    """Leave, come back and choose, leave all, come back; the guard is asked after each."""
    name = f"{language}-{'script' if script else 'plain'}"
    words, steps = WORDS[language], Walk(driver, name, script)
    person = f"{name}@mail.example"
    heed.join(person, "newsletter", "offers")

    driver.get(heed.unsubscribe_link(person))
    steps.look("ask", words["ask"], language)
    expect(heed.reason(person, "newsletter"), "allowed", "looking changes nothing")
    steps.press("leave", "this")
    steps.look("done", words["done"], language)
    expect(heed.reason(person, "newsletter"), "optOut", "one press leaves")
    expect(heed.reason(person, "offers"), "allowed", "and leaves the rest alone")

    link = heed.preference_link(person)
    driver.get(link)
    steps.look("choices", words["choices"], language)
    expect(steps.boxes(), {"newsletter": False, "offers": True}, "boxes show what is")
    label = driver.find_element(By.CSS_SELECTOR, "label[for=box-offers]")
    expect(label.text, words["offers"], "the words of the reader's language")

    # By keyboard alone: come back to one, leave the other, save.
    steps.tab_to("#box-newsletter").send_keys(Keys.SPACE)
    steps.tab_to("#box-offers").send_keys(Keys.SPACE)
    with steps.leaving():
        steps.tab_to("button[value=save]").send_keys(Keys.ENTER)
    steps.look("saved", words["choices"], language)
    expect(steps.boxes(), {"newsletter": True, "offers": False}, "boxes after saving")
    expect(heed.reason(person, "newsletter"), "allowed", "the person's own act comes back")
    expect(heed.reason(person, "offers"), "optOut", "and leaves")

    steps.press("do", "leave-all")
    steps.look("left-all", words["choices"], language)
    expect(heed.reason(person, "newsletter"), "globalOptOut", "one press leaves all")
    driver.find_element(By.ID, "box-offers").click()
    steps.press("do", "save")
    steps.look("back", words["choices"], language)
    expect(heed.reason(person, "offers"), "allowed", "coming back after leaving all")
    expect(heed.reason(person, "newsletter") == "allowed", False, "only to what was ticked")

    driver.get(link[:-1] + ("A" if link[-1] != "A" else "B"))
    steps.look("invalid", words["invalid"], language)


def form(heed, driver, folder):
    """A form on somebody else's page: not ticked, and a tick is a yes."""
    page = os.path.join(folder, "form.html")
    html = heed.run("form", "html", "footer").replace("http://127.0.0.1:8080", heed.base)
    with open(page, "w", encoding="utf-8") as file:
        file.write(f"<!DOCTYPE html><html lang=en><title>Shop</title><main><h1>Shop</h1>{html}")
    driver.get("file://" + page)
    expect(driver.find_element(By.NAME, "scope").is_selected(), False, "nothing is ticked")
    expect(driver.find_element(By.NAME, "website").is_displayed(), False, "the trap is hidden")
    driver.find_element(By.NAME, "email").send_keys("visitor@mail.example")
    driver.find_element(By.NAME, "scope").click()
    steps = Walk(driver, "form")
    with steps.leaving():
        driver.find_element(By.TAG_NAME, "button").click()
    steps.look("thanks", WORDS["en"]["thanks"], "en")
    expect(heed.reason("visitor@mail.example", "newsletter"), "allowed", "a tick is a yes")


def right_to_left(binary, folder):
    """An operator's own language, from right to left, with colours and a logo."""
    pages = os.path.join(folder, "pages")
    os.makedirs(pages)
    with open(os.path.join(pages, "ar.json"), "w", encoding="utf-8") as file:
        json.dump({"name": "العربية", "preferencesTitle": "اختياراتك"}, file)
    with open(os.path.join(pages, "colours.css"), "w", encoding="utf-8") as file:
        file.write(":root { --act: #7a1f5c; }")
    with open(os.path.join(pages, "logo.svg"), "w", encoding="utf-8") as file:
        file.write('<svg xmlns="http://www.w3.org/2000/svg" width="160" height="40">'
                   '<rect width="160" height="40" rx="8" fill="#7a1f5c"/></svg>')
    heed = Installation(binary, folder, {"HEED_PAGES_FOLDER": pages})
    try:
        heed.join("person@mail.example", "newsletter")
        with browser("en", True) as driver:
            driver.get(heed.preference_link("person@mail.example") + "?lang=ar")
            Walk(driver, "ar").look("choices", "اختياراتك", "ar")
            box = driver.find_element(By.ID, "box-newsletter").location["x"]
            label = driver.find_element(By.CSS_SELECTOR, "label[for=box-newsletter]").location["x"]
            expect(box > label, True, "the box stands to the right of its label")
            logo = "return document.querySelector('header img').naturalWidth"
            expect(driver.execute_script(logo), 160, "the logo is shown")
    finally:
        heed.stop()


def main(binary):
    """All walks."""
    shutil.rmtree(PICTURES, ignore_errors=True)
    os.makedirs(PICTURES)
    with tempfile.TemporaryDirectory() as folder:
        heed = Installation(binary, folder)
        try:
            for language, script, dark in (("en", True, False), ("de", False, False),
                                           ("de", True, True), ("en", False, False)):
                with browser(language, script, dark) as driver:
                    walk(heed, driver, language, script)
                    if (language, script) == ("en", True):
                        form(heed, driver, folder)
        finally:
            heed.stop()
    with tempfile.TemporaryDirectory() as folder:
        right_to_left(binary, folder)
    print(f"pages: walked in 2 languages, with and without script; pictures in {PICTURES}")


if __name__ == "__main__":
    main(sys.argv[1])
