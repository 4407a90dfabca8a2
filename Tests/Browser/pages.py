"""Walks the public pages in a real browser: ask for a link, join, confirm, change, leave, return,
get one's own data, read a receipt.

With script and without, in two languages, at the width of a phone, by mouse and by keyboard alone;
axe looks at every page and message, and a picture of each is kept in test-artifacts/browser.
Usage: pages.py HEED
"""

import json
import os
import shutil
import sys
import tempfile
import time
import zipfile

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from installation import Installation
from mail_sink import MailSink, link
from walking import PICTURES, Walk, browser, expect

WORDS = {
    "en": {"ask": "Unsubscribe", "done": "You are unsubscribed", "choices": "Your choices",
           "invalid": "This link does not work", "offers": "Offers", "thanks": "Thank you",
           "entry": "Manage your mailings", "sent": "Look at your inbox",
           "wrong": "Please check the address", "more": "One more step",
           "confirm": "Please confirm", "confirmed": "Thank you", "download": "Your data",
           "data": "What we know about you", "receipt": "Receipt for your request",
           "subjects": ("Your link to your mailings", "Please confirm: Newsletter")},
    "de": {"ask": "Abmelden", "done": "Sie sind abgemeldet", "choices": "Ihre Auswahl",
           "invalid": "Dieser Link funktioniert nicht", "offers": "Angebote",
           "thanks": "Vielen Dank", "entry": "Ihre Mailings verwalten",
           "sent": "Sehen Sie in Ihr Postfach", "wrong": "Bitte prüfen Sie die Adresse",
           "more": "Noch ein Schritt", "confirm": "Bitte bestätigen", "confirmed": "Danke",
           "download": "Ihre Daten", "data": "Was wir über Sie wissen",
           "receipt": "Bestätigung zu Ihrem Verlangen",
           "subjects": ("Ihr Link zu Ihren Mailings", "Bitte bestätigen: Newsletter")},
}


def walk(heed, driver, language, script):
    """Leave, come back and choose, leave all, come back; the guard is asked after each."""
    name = f"{language}-{'script' if script else 'plain'}"
    words, steps = WORDS[language], Walk(driver, name, language, script)
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


def arrive(heed, sink, driver, language, script):
    """From a link that opens nothing to the choices, by an address and a message."""
    name = f"way-in-{language}-{'script' if script else 'plain'}"
    words, steps = WORDS[language], Walk(driver, name, language, script)
    person = f"{name}@mail.example"
    heed.join(person, "offers")
    driver.get(heed.base + "/p/too-old")
    steps.look("invalid", words["invalid"], language)
    with steps.leaving():
        driver.find_element(By.CSS_SELECTOR, "main a").click()
    steps.look("entry", words["entry"], language)
    # The browser refuses what is no address at all; the page what only looks like one.
    steps.tab_to("#address").send_keys("somebody@-")
    driver.execute_script("document.forms[0].noValidate = true")
    with steps.leaving():
        driver.find_element(By.CSS_SELECTOR, "main button").click()
    steps.look("wrong", words["wrong"], language)
    with steps.leaving():
        steps.tab_to("#address").send_keys(person + Keys.ENTER)
    steps.look("sent", words["sent"], language)
    expect(person in driver.current_url, False, "the address is in no URL")
    message = sink.newest(person, 1)
    expect(message["Subject"], words["subjects"][0], "the message's language")
    steps.letter(message, heed.folder)
    driver.get(link(message))
    steps.look("choices", words["choices"], language)
    expect(steps.boxes(), {"newsletter": False, "offers": True}, "boxes show what is")
    return steps, person, link(message)


def join(heed, sink, steps, person):
    """A form with double opt-in: nothing is consent until the button behind the link is pressed."""
    driver, language = steps.driver, steps.language
    words = WORDS[language]
    heed.show_form(driver, "club")
    expect(driver.find_element(By.NAME, "scope").is_selected(), False, "nothing is ticked")
    driver.find_element(By.NAME, "email").send_keys(person)
    driver.find_element(By.NAME, "scope").click()
    with steps.leaving():
        driver.find_element(By.TAG_NAME, "button").click()
    steps.look("more", words["more"], language)
    expect(heed.reason(person, "newsletter"), "unconfirmed", "unconfirmed is not consent")
    message = sink.newest(person, 2)
    expect(message["Subject"], words["subjects"][1], "the message's language")
    steps.letter(message, heed.folder)
    driver.get(link(message))
    steps.look("confirm", words["confirm"], language)
    expect(heed.reason(person, "newsletter"), "unconfirmed", "looking confirms nothing")
    steps.press("confirm", "yes")
    steps.look("confirmed", words["confirmed"], language)
    expect(heed.reason(person, "newsletter"), "allowed", "the button confirms")


def change(heed, steps, person, choices):
    """Changes, leaves all and comes back by the link that was asked for."""
    driver, language = steps.driver, steps.language
    words = WORDS[language]
    driver.get(choices)
    expect(steps.boxes(), {"newsletter": True, "offers": True}, "boxes after confirming")
    steps.tab_to("#box-offers").send_keys(Keys.SPACE)
    with steps.leaving():
        steps.tab_to("button[value=save]").send_keys(Keys.ENTER)
    steps.look("changed", words["choices"], language)
    expect(heed.reason(person, "offers"), "optOut", "a box that was unticked")
    expect(heed.reason(person, "newsletter"), "allowed", "and no other")
    steps.press("do", "leave-all")
    steps.look("left-all", words["choices"], language)
    expect(heed.reason(person, "newsletter"), "globalOptOut", "one press leaves all")
    driver.find_element(By.ID, "box-newsletter").click()
    steps.press("do", "save")
    steps.look("back", words["choices"], language)
    expect(heed.reason(person, "newsletter"), "allowed", "coming back after leaving all")
    expect(heed.reason(person, "offers") == "allowed", False, "only to what was ticked")


def downloaded(folder):
    """The archive that the browser keeps in a folder, once it is whole."""
    limit = time.monotonic() + 60
    while time.monotonic() < limit:
        found = [name for name in os.listdir(folder) if name.endswith(".zip")]
        if found:
            return os.path.join(folder, found[0])
        time.sleep(0.05)
    raise AssertionError("nothing was downloaded")


def own_data(heed, sink, driver, language, script):
    """From the choices to one's own data, by a message, and the receipt for it."""
    name = f"data-{language}-{'script' if script else 'plain'}"
    words, steps = WORDS[language], Walk(driver, name, language, script)
    person = f"{name}@mail.example"
    heed.call("/v1/contacts", {"addresses": [{"channel": "email", "value": person}],
                               "locale": language, "region": "US-CA"})
    heed.join(person, "newsletter")
    driver.get(heed.preference_link(person))
    steps.press("do", "do-not-sell")
    steps.look("not-sold", words["choices"], language)
    expect(heed.reason(person, "newsletter"), "allowed", "mailings are another matter")
    with steps.leaving():
        steps.tab_to("button[value=send-data]").send_keys(Keys.ENTER)
    steps.look("asked", words["choices"], language)
    message = sink.newest(person, 1)
    steps.letter(message, heed.folder)
    folder = tempfile.mkdtemp(dir=heed.folder)
    driver.execute_cdp_cmd("Browser.setDownloadBehavior",
                           {"behavior": "allow", "downloadPath": folder})
    driver.get(link(message))
    steps.look("download", words["download"], language)
    expect(person in driver.current_url, False, "the address is in no URL")
    driver.find_element(By.CSS_SELECTOR, "button[value=download]").click()
    with zipfile.ZipFile(downloaded(folder)) as archive:
        expect(archive.testzip(), None, "the archive is whole")
        addresses = json.loads(archive.read("data.json"))["addresses"]
        expect([a["address"] for a in addresses], [person], "the person's data")
        archive.extract("index.html", folder)
    driver.get(f"file://{folder}/index.html")
    steps.look("data", words["data"], language)
    listed = json.loads(heed.run("request", "list", "--all", "--json"))["requests"]
    expect([r["status"] for r in listed[-2:]], ["completed"] * 2, "both requests are met")
    for request in listed[-2:]:
        shown = json.loads(heed.run("request", "show", request["id"], "--json"))
        driver.get(f"{heed.base}/v1/receipts/{shown['receiptToken']}?lang={language}")
        steps.look(f"receipt-{request['kind']}", words["receipt"], language)


def form(heed, driver):
    """A form on somebody else's page: not ticked, and a tick is a yes."""
    heed.show_form(driver, "footer")
    expect(driver.find_element(By.NAME, "scope").is_selected(), False, "nothing is ticked")
    expect(driver.find_element(By.NAME, "website").is_displayed(), False, "the trap is hidden")
    driver.find_element(By.NAME, "email").send_keys("visitor@mail.example")
    driver.find_element(By.NAME, "scope").click()
    steps = Walk(driver, "form", "en")
    with steps.leaving():
        driver.find_element(By.TAG_NAME, "button").click()
    steps.look("thanks", WORDS["en"]["thanks"], "en")
    expect(heed.reason("visitor@mail.example", "newsletter"), "allowed", "a tick is a yes")


def right_to_left(binary, folder):
    """An operator's own language, from right to left, with colours and a logo."""
    pages = os.path.join(folder, "pages")
    os.makedirs(pages)
    with open(os.path.join(pages, "ar.json"), "w", encoding="utf-8") as file:
        json.dump({
            "name": "العربية", "preferencesTitle": "اختياراتك", "entryTitle": "رسائلك",
            "entryLabel": "البريد الإلكتروني", "entryButton": "أرسلوا الرابط",
            "sentTitle": "راجع بريدك", "mailChoicesSubject": "رابط رسائلك",
            "mailChoicesText": "طلب شخص ما، نأمل أنه أنت، على {place} رابطا إلى رسائل هذا العنوان.",
            "mailChoicesLink": "افتح اختياراتي",
        }, file)
    with open(os.path.join(pages, "colours.css"), "w", encoding="utf-8") as file:
        file.write(":root { --act: #7a1f5c; }")
    with open(os.path.join(pages, "logo.svg"), "w", encoding="utf-8") as file:
        file.write('<svg xmlns="http://www.w3.org/2000/svg" width="160" height="40">'
                   '<rect width="160" height="40" rx="8" fill="#7a1f5c"/></svg>')
    sink = MailSink()
    heed = Installation(binary, folder, {"HEED_PAGES_FOLDER": pages, **sink.settings()})
    try:
        heed.join("person@mail.example", "newsletter")
        with browser("en", True) as driver:
            driver.get(heed.preference_link("person@mail.example") + "?lang=ar")
            Walk(driver, "ar", "ar").look("choices", "اختياراتك", "ar")
            box = driver.find_element(By.ID, "box-newsletter").location["x"]
            label = driver.find_element(By.CSS_SELECTOR, "label[for=box-newsletter]").location["x"]
            expect(box > label, True, "the box stands to the right of its label")
            steps = Walk(driver, "ar-way-in", "ar")
            driver.get(heed.base + "/p?lang=ar")
            steps.look("entry", "رسائلك", "ar")
            with steps.leaving():
                steps.tab_to("#address").send_keys("person@mail.example" + Keys.ENTER)
            steps.look("sent", "راجع بريدك", "ar")
            message = sink.newest("person@mail.example", 1)
            expect(message["Subject"], "رابط رسائلك", "the operator's words")
            steps.letter(message, folder)
            text = driver.find_element(By.TAG_NAME, "p").text
            place = "\u2068" + heed.base[7:] + "\u2069"
            expect(place in text, True, "the site keeps its direction")
            driver.get(link(message))
            steps.look("choices", "اختياراتك", "ar")
            logo = "return document.querySelector('header img').naturalWidth"
            expect(driver.execute_script(logo), 160, "the logo is shown")
    finally:
        heed.stop()
        sink.close()


def main(binary):
    """All walks."""
    shutil.rmtree(PICTURES, ignore_errors=True)
    os.makedirs(PICTURES)
    sink = MailSink()
    with tempfile.TemporaryDirectory() as folder:
        heed = Installation(binary, folder, sink.settings())
        try:
            for language, script, dark in (("en", True, False), ("de", False, False),
                                           ("de", True, True), ("en", False, False)):
                with browser(language, script, dark) as driver:
                    walk(heed, driver, language, script)
                    steps, person, choices = arrive(heed, sink, driver, language, script)
                    join(heed, sink, steps, person)
                    change(heed, steps, person, choices)
                    if (language, script) == ("en", True):
                        form(heed, driver)
        finally:
            heed.stop()
            sink.close()
    sink = MailSink()
    with tempfile.TemporaryDirectory() as folder:
        heed = Installation(binary, folder, sink.settings())
        try:
            for language, script, dark in (("en", True, False), ("de", False, True)):
                with browser(language, script, dark) as driver:
                    own_data(heed, sink, driver, language, script)
        finally:
            heed.stop()
            sink.close()
    with tempfile.TemporaryDirectory() as folder:
        right_to_left(binary, folder)
    print(f"pages: walked in 2 languages, with and without script; pictures in {PICTURES}")


if __name__ == "__main__":
    main(sys.argv[1])
