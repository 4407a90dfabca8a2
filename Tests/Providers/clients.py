"""What the official client libraries do with the fakes: each must be served without a complaint."""

import hashlib
from urllib.parse import parse_qsl, urlsplit

import boto3
import mailchimp_marketing
import resend
from botocore.config import Config
from botocore.exceptions import ClientError
from brevo import Brevo as BrevoClient
from brevo.core.api_error import ApiError
from mailchimp_marketing.api_client import ApiClientError
from mailgun.client import Client as MailgunClient
from sendgrid import SendGridAPIClient
from sparkpost import SparkPost as SparkPostClient
from sparkpost.exceptions import SparkPostAPIException

from fake import brevo, mailchimp, mailgun, resend as resend_fake, sendgrid, ses, sparkpost

WHO = "user+tag@mail.example"


def expect(condition, message):
    """Stops when the fake did not behave as the client needs."""
    if not condition:
        raise AssertionError(message)


def refused(kind, action):
    """True when the client reports an error of its own kind."""
    try:
        action()
    except kind:
        return True
    return False


def prove_ses(fake, url):
    client = boto3.client(
        "sesv2", region_name=ses.REGION, endpoint_url=url, aws_access_key_id=ses.KEY_ID,
        aws_secret_access_key=ses.SECRET, config=Config(retries={"max_attempts": 1}),
    )
    client.put_suppressed_destination(EmailAddress=WHO, Reason="COMPLAINT")
    found = client.get_suppressed_destination(EmailAddress=WHO)
    expect(found["SuppressedDestination"]["Reason"] == "COMPLAINT", "not suppressed")
    client.delete_suppressed_destination(EmailAddress=WHO)
    missing = refused(
        client.exceptions.NotFoundException,
        lambda: client.get_suppressed_destination(EmailAddress=WHO),
    )
    expect(missing, "404 is not NotFoundException")
    client.create_contact(
        ContactListName="main", EmailAddress=WHO, UnsubscribeAll=False,
        TopicPreferences=[{"TopicName": "Offers", "SubscriptionStatus": "OPT_IN"}],
    )
    exists = refused(
        client.exceptions.AlreadyExistsException,
        lambda: client.create_contact(ContactListName="main", EmailAddress=WHO),
    )
    expect(exists, "a second contact is no error")
    client.update_contact(ContactListName="main", EmailAddress=WHO, UnsubscribeAll=True)
    contact = client.get_contact(ContactListName="main", EmailAddress=WHO)
    expect(contact["UnsubscribeAll"], "not unsubscribed")
    expect(not contact["TopicPreferences"], "an update did not replace the preferences")
    for number in range(3):
        client.put_suppressed_destination(EmailAddress=f"{number}@mail.example", Reason="BOUNCE")
        client.create_contact(ContactListName="main", EmailAddress=f"{number}@mail.example")
    found, more = [], {}
    while more is not None:
        page = client.list_suppressed_destinations(PageSize=1000, **more)
        found += [item["EmailAddress"] for item in page["SuppressedDestinationSummaries"]]
        more = {"NextToken": page["NextToken"]} if "NextToken" in page else None
    expect(len(found) == len(set(found)) == 3, "not three suppressed")
    first = client.list_contacts(ContactListName="main", PageSize=1000)
    rest = client.list_contacts(ContactListName="main", NextToken=first["NextToken"])
    shown = {item["EmailAddress"]: item for item in first["Contacts"] + rest["Contacts"]}
    expect(len(shown) == 4 and shown[WHO]["UnsubscribeAll"], "not four contacts")
    client.delete_contact(ContactListName="main", EmailAddress=WHO)
    topics = client.get_contact_list(ContactListName="main")["Topics"]
    expect({t["TopicName"] for t in topics} == {"Newsletter", "Offers"}, "no topics")
    nowhere = refused(ClientError, lambda: client.get_contact_list(ContactListName="other"))
    expect(nowhere, "a list that is not there is no error")
    reasons = client.get_account()["SuppressionAttributes"]["SuppressedReasons"]
    expect(reasons == ["BOUNCE", "COMPLAINT"], "no reasons")
    wrong = boto3.client(
        "sesv2", region_name=ses.REGION, endpoint_url=url, aws_access_key_id=ses.KEY_ID,
        aws_secret_access_key="wrong", config=Config(retries={"max_attempts": 1}),
    )
    expect(refused(ClientError, wrong.get_account), "a wrong key signs")


def prove_sendgrid(fake, url):
    api = SendGridAPIClient(sendgrid.KEY, host=url).client
    made = api.asm.suppressions._("global").post(request_body={"recipient_emails": [WHO]})
    expect(made.status_code == 201, "not created")
    found = api.asm.suppressions._("global")._(WHO).get()
    expect(found.to_dict == {"recipient_email": WHO}, "not found")
    expect(api.asm.suppressions._("global")._(WHO).delete().status_code == 204, "not deleted")
    expect(api.asm.suppressions._("global")._(WHO).get().to_dict == {}, "still there")
    made = api.asm.groups._(101).suppressions.post(request_body={"recipient_emails": [WHO]})
    expect(made.status_code == 201, "not in the group")
    groups = api.asm.suppressions._(WHO).get().to_dict["suppressions"]
    expect([g["id"] for g in groups if g["suppressed"]] == [101], "wrong groups")
    expect(len(api.asm.groups.get().to_dict) == 2, "not two groups")
    expect(api.asm.groups._(101).suppressions.get().to_dict == [WHO], "not listed in the group")
    many = [f"{number}@mail.example" for number in range(3)]
    api.asm.suppressions._("global").post(request_body={"recipient_emails": many})
    found = []
    while page := api.suppression.unsubscribes.get(
        query_params={"limit": 500, "offset": len(found)}
    ).to_dict:
        found += [item["email"] for item in page]
    expect(found == many, "not listed")
    job = api.recipients.erasejob.post(request_body={"email_addresses": [WHO]})
    expect(job.status_code == 202 and fake.erased == [WHO], "not erased")


def prove_mailgun(fake, url):
    client = MailgunClient(auth=("api", mailgun.KEY), api_url=url)
    domain = mailgun.DOMAIN
    made = client.unsubscribes.create(data={"address": WHO, "tag": "*"}, domain=domain)
    expect(made.status_code == 200, "not created")
    found = client.unsubscribes.get(domain=domain, unsubscribe_address=WHO)
    expect(found.json()["tags"] == ["*"], "not found")
    gone = client.unsubscribes.delete(domain=domain, unsubscribe_address=WHO)
    expect(gone.status_code == 200, "not deleted")
    listed = client.unsubscribes.get(domain=domain, filters={"limit": 1})
    expect(listed.json()["items"] == [], "still there")
    for number in range(3):
        client.unsubscribes.create(data={"address": f"{number}@mail.example"}, domain=domain)
    first = client.unsubscribes.get(domain=domain, filters={"limit": 1000}).json()
    link = dict(parse_qsl(urlsplit(first["paging"]["next"]).query))
    rest = client.unsubscribes.get(domain=domain, filters=link).json()
    expect(len(first["items"] + rest["items"]) == 3, "not three")


def prove_sparkpost(fake, url):
    entries = SparkPostClient(sparkpost.KEY).suppression_list
    # The library puts `https://` before any base; its own is replaced.
    entries.base_uri = url
    entries.create([{"recipient": WHO, "type": "non_transactional", "description": "x"}])
    expect(entries.get(WHO)[0]["type"] == "non_transactional", "not found")
    expect(len(entries.list()) == 1, "not listed")
    expect(entries.list(types="transactional") == [], "listed as of another type")
    entries.delete(WHO)
    expect(refused(SparkPostAPIException, lambda: entries.get(WHO)), "404 is no error")


def prove_mailchimp(fake, url):
    client = mailchimp_marketing.Client({"api_key": mailchimp.KEY, "server": "us6"})
    # The library has no setting for a base URL; its own host is replaced.
    client.api_client.host = url
    for resource in vars(client).values():
        if hasattr(resource, "api_client"):
            resource.api_client.host = url
    expect("health_status" in client.ping.get(), "no ping")
    name = "a1b2c3d4e5"
    key = hashlib.md5(WHO.lower().encode()).hexdigest()
    missing = refused(
        ApiClientError,
        lambda: client.lists.update_list_member(name, key, {"status": "unsubscribed"}),
    )
    expect(missing, "404 is no error")
    made = client.lists.set_list_member(
        name, key, {"email_address": WHO, "status_if_new": "subscribed"},
        skip_merge_validation=True,
    )
    expect(made["status"] == "subscribed", "not made")
    changed = client.lists.update_list_member(name, key, {"status": "unsubscribed"})
    expect(changed["status"] == "unsubscribed", "not changed")
    expect(client.lists.get_list_member(name, key)["status"] == "unsubscribed", "not kept")
    page = client.lists.get_list_members_info(
        name, status="unsubscribed", count=1000, offset=0, sort_field="last_changed",
        sort_dir="ASC", fields=["members.email_address", "members.status"],
    )
    expect(page["members"] == [{"email_address": WHO, "status": "unsubscribed"}], "not listed")
    page = client.lists.get_list_members_info(name, status="unsubscribed", offset=1)
    expect(page["members"] == [] and page["total_items"] == 1, "the offset does nothing")
    client.lists.delete_list_member_permanent(name, key)
    again = refused(
        ApiClientError,
        lambda: client.lists.set_list_member(
            name, key, {"email_address": WHO, "status_if_new": "subscribed"}
        ),
    )
    expect(again, "a deleted member came back")
    expect(client.lists.get_list(name, fields=["id"])["id"] == name, "no list")


def prove_brevo(fake, url):
    client = BrevoClient(api_key=brevo.KEY, base_url=url)
    expect(client.account.get_account().email == "team@mail.example", "no account")
    expect(client.contacts.get_list(7).id == 7, "no list")
    expect(refused(ApiError, lambda: client.contacts.get_list(9)), "no list is no error")
    missing = refused(
        ApiError,
        lambda: client.contacts.update_contact(
            WHO, identifier_type="email_id", email_blacklisted=True
        ),
    )
    expect(missing, "404 is no error")
    client.contacts.create_contact(email=WHO, list_ids=[7, 8])
    twice = refused(ApiError, lambda: client.contacts.create_contact(email=WHO))
    expect(twice, "a second contact is no error")
    client.contacts.update_contact(
        WHO, identifier_type="email_id", email_blacklisted=True, unlink_list_ids=[7]
    )
    found = client.contacts.get_contact_info(WHO, identifier_type="email_id")
    expect(found.email_blacklisted and found.list_ids == [8], "not changed")
    page = client.contacts.get_contacts(limit=1000, offset=0, sort="asc")
    expect(page.count == 1 and page.contacts[0].email == WHO, "not listed")
    expect(page.contacts[0].email_blacklisted, "not listed as blocked")
    expect(client.contacts.get_contacts(limit=1000, offset=1).contacts == [], "no end")
    client.contacts.delete_contact(WHO, identifier_type="email_id")
    expect(WHO not in fake.contacts, "not deleted")


def prove_resend(fake, url):
    resend.api_url, resend.api_key = url, resend_fake.KEY
    error = resend.exceptions.ResendError
    missing = refused(
        error, lambda: resend.Contacts.update({"email": WHO, "unsubscribed": True})
    )
    expect(missing, "404 is no error")
    resend.Contacts.create({"email": WHO, "unsubscribed": False})
    resend.Contacts.update({"email": WHO, "unsubscribed": True})
    expect(resend.Contacts.get(email=WHO)["unsubscribed"], "not unsubscribed")
    change = [{"id": resend_fake.TOPIC, "subscription": "opt_out"}]
    resend.Contacts.Topics.update({"email": WHO, "topics": change})
    topics = resend.Contacts.Topics.list(email=WHO)["data"]
    expect(topics[0]["subscription"] == "opt_out", "not out of the topic")
    expect(resend.Topics.get(resend_fake.TOPIC)["id"] == resend_fake.TOPIC, "no topic")
    resend.Suppressions.add({"email": WHO})
    expect(resend.Suppressions.get(WHO)["email"] == WHO, "not suppressed")
    for number in range(2):
        resend.Suppressions.add({"email": f"{number}@mail.example"})
        resend.Contacts.create({"email": f"{number}@mail.example", "unsubscribed": False})
    for lister in (resend.Suppressions.list, resend.Contacts.list):
        first = lister(params={"limit": 100})
        rest = lister(params={"limit": 100, "after": first["data"][-1]["id"]})
        found = {item["email"] for item in first["data"] + rest["data"]}
        expect(first["has_more"] and not rest["has_more"] and len(found) == 3, "not three")
    resend.Suppressions.remove(WHO)
    expect(refused(error, lambda: resend.Suppressions.get(WHO)), "still suppressed")
    resend.Contacts.remove(email=WHO)
    expect(WHO not in fake.contacts, "not removed")


PROOFS = {
    "ses": prove_ses, "sendgrid": prove_sendgrid, "mailgun": prove_mailgun,
    "sparkpost": prove_sparkpost, "mailchimp": prove_mailchimp, "brevo": prove_brevo,
    "resend": prove_resend,
}
