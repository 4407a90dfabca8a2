"""A browser as a reader's phone, and what is looked at on every page."""

import base64
import json
import os
import shutil
from contextlib import contextmanager

import axe_core_python
from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.expected_conditions import staleness_of
from selenium.webdriver.support.wait import WebDriverWait

PHONE = {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": False}
PICTURES = os.path.realpath("test-artifacts/browser")
with open(os.path.join(os.path.dirname(axe_core_python.__file__), "axe.min.js"),
          encoding="utf-8") as source:
    AXE = source.read()


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

    def __init__(self, driver, name, language, script=True):
        self.driver, self.name, self.language = driver, name, language
        self.script, self.count = script, 0

    def look(self, page, heading, language):
        """Checks the page that is shown, and keeps a picture of it."""
        driver = self.driver
        self.count += 1
        expect(driver.find_element(By.TAG_NAME, "h1").text, heading, f"heading of {page}")
        root = driver.find_element(By.TAG_NAME, "html")
        expect(root.get_attribute("lang"), language, f"language of {page}")
        width = driver.execute_script("return document.documentElement.scrollWidth")
        expect(width <= PHONE["width"], True, f"{page} fits, its width of {width}")
        self._picture(page)
        self.axe(page)

    def letter(self, message, folder):
        """Looks at a message as a mail program shows it, in the language it says it is in."""
        self.count += 1
        path = os.path.join(folder, "letter.html")
        with open(path, "w", encoding="utf-8") as file:
            file.write(message.get_body(("html",)).get_content())
        self.driver.get("file://" + path)
        root = self.driver.find_element(By.TAG_NAME, "html")
        expect(root.get_attribute("lang"), message["Content-Language"], "language of the message")
        expect(root.get_attribute("dir") in ("ltr", "rtl"), True, "direction of the message")
        self._picture("letter")
        self.axe("letter")

    def _picture(self, page):
        size = self.driver.execute_cdp_cmd("Page.getLayoutMetrics", {})["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        picture = self.driver.execute_cdp_cmd(
            "Page.captureScreenshot", {"clip": clip, "captureBeyondViewport": True})["data"]
        with open(f"{PICTURES}/{self.name}-{self.count}-{page}.png", "wb") as file:
            file.write(base64.b64decode(picture))

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
