"""Messages signed by the official libraries, read by our connectors, and refused if changed."""

import base64
import datetime
import hashlib
import hmac
import json

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID
from sendgrid import EventWebhook
from standardwebhooks import Webhook as StandardWebhook
from svix import Webhook as SvixWebhook

NOW = 1769851800
WHEN = datetime.datetime.fromtimestamp(NOW, datetime.timezone.utc)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
TOPIC = "arn:aws:sns:eu-central-1:123456789012:ses-events"
WHO = "ana@mail.example"


def order(kind, options, headers, body, query=""):
    """The order to read one message."""
    return {
        "kind": kind, "options": options, "task": "receive", "now": NOW, "query": query,
        "headers": [list(pair) for pair in headers], "body": base64.b64encode(body).decode(),
    }


def standard():
    """A message signed by the reference library of Standard Webhooks."""
    body = json.dumps({
        "type": "recipient.unsubscribed", "timestamp": "2026-01-31T09:29:00Z",
        "data": {"address": WHO, "scope": "newsletter"},
    }).encode()
    signature = StandardWebhook(SECRET).sign("msg_1", WHEN, body.decode())
    headers = [
        ("webhook-id", "msg_1"), ("webhook-timestamp", str(NOW)),
        ("webhook-signature", signature),
    ]
    options = {"url": "https://crm.example/hook", "secret": SECRET}
    return order("webhook", options, headers, body), ("unsubscribed", "newsletter")


def resend():
    """A message signed by Svix's library."""
    body = json.dumps({
        "type": "contact.updated", "created_at": "2026-01-31T09:29:00.000Z",
        "data": {"email": WHO, "unsubscribed": True},
    }).encode()
    signature = SvixWebhook(SECRET).sign("msg_2", WHEN, body.decode())
    headers = [
        ("svix-id", "msg_2"), ("svix-timestamp", str(NOW)), ("svix-signature", signature),
    ]
    options = {"secret": "re_example", "webhook-secret": SECRET}
    return order("resend", options, headers, body), ("unsubscribed", "global")


def sendgrid():
    """A message that SendGrid's own library accepts."""
    key = ec.generate_private_key(ec.SECP256R1())
    public = base64.b64encode(key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )).decode()
    body = json.dumps([{
        "email": WHO, "event": "group_unsubscribe", "asm_group_id": 101, "timestamp": NOW,
        "sg_event_id": "e-1",
    }]).encode() + b"\r\n"
    signature = base64.b64encode(
        key.sign(str(NOW).encode() + body, ec.ECDSA(hashes.SHA256()))
    ).decode()
    library = EventWebhook(public)
    if not library.verify_signature(body.decode(), signature, str(NOW)):
        raise AssertionError("SendGrid's library refuses the sample")
    headers = [
        ("X-Twilio-Email-Event-Webhook-Signature", signature),
        ("X-Twilio-Email-Event-Webhook-Timestamp", str(NOW)),
    ]
    options = {"secret": "SG.x", "webhook-key": public, "scope.newsletter": "101"}
    return order("sendgrid", options, headers, body), ("unsubscribed", "newsletter")


def mailgun():
    """A message with Mailgun's code over time and token."""
    token = "a8ce0edb2dd8301dee6c2405235584e45aa91d1e9f979f3de0"
    code = hmac.new(b"signing-key", f"{NOW}{token}".encode(), hashlib.sha256).hexdigest()
    body = json.dumps({
        "signature": {"timestamp": str(NOW), "token": token, "signature": code},
        "event-data": {
            "event": "complained", "id": "ev-1", "timestamp": NOW - 1.5, "recipient": WHO,
        },
    }).encode()
    options = {
        "secret": "key-x", "webhook-secret": "signing-key", "global": "mg.mail.example/*",
    }
    return order("mailgun", options, [], body), ("complained", "global")


def certificate(key):
    """A certificate as SNS serves it, but signed by itself."""
    name = x509.Name([
        x509.NameAttribute(NameOID.COUNTRY_NAME, "US"),
        x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com"),
    ])
    day = datetime.timedelta(days=1)
    return x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(
        key.public_key()
    ).serial_number(1000).not_valid_before(WHEN - day).not_valid_after(WHEN + day).sign(
        key, hashes.SHA256()
    ).public_bytes(serialization.Encoding.PEM)


def ses():
    """A bounce by way of SNS, and the certificate to fetch for it."""
    key = rsa.generate_private_key(65537, 2048)
    message = {
        "Type": "Notification", "MessageId": "m-1", "TopicArn": TOPIC,
        "Subject": "Amazon SES Email Event Notification",
        "Message": json.dumps({
            "eventType": "Bounce",
            "bounce": {
                "bounceType": "Permanent", "bounceSubType": "General", "feedbackId": "f-1",
                "bouncedRecipients": [{"emailAddress": WHO}],
                "timestamp": "2026-01-31T09:29:00.000Z",
            },
        }),
        "Timestamp": "2026-01-31T09:30:00.000Z", "SignatureVersion": "2",
        "SigningCertURL": "https://sns.eu-central-1.amazonaws.com/SimpleNotification-1.pem",
    }
    names = ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"]
    signed = "".join(f"{name}\n{message[name]}\n" for name in names)
    message["Signature"] = base64.b64encode(
        key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    ).decode()
    options = {
        "region": "eu-central-1", "access-key-id": "A", "secret": "S", "topic-arn": TOPIC,
    }
    made = order("ses", options, [("content-type", "text/plain")], json.dumps(message).encode())
    return made, ("bounced", "global"), certificate(key)


def prove(driver):
    """Reads each message as it is and with one byte changed; gives their number."""
    samples = [(*make(), None) for make in (standard, resend, sendgrid, mailgun)]
    samples.append(ses())
    for made, (kind, extents), pem in samples:
        fetched = (lambda line: (200, [], pem)) if pem else None
        line = driver.run(made, fetched)
        event = line["events"][0]
        if (event["kind"], event["address"], event["extents"]) != (kind, WHO, extents):
            raise AssertionError(f"{made['kind']}: {line}")
        body = base64.b64decode(made["body"])
        # Mailgun's code leaves the event uncovered, so there the change is in the token.
        place = body.index(b"a8ce0e") if made["kind"] == "mailgun" else body.index(WHO.encode())
        changed = body[:place] + bytes([body[place] ^ 1]) + body[place + 1:]
        made["body"] = base64.b64encode(changed).decode()
        line = driver.run(made, fetched)
        if "refused" not in line:
            raise AssertionError(f"{made['kind']}: a changed byte is accepted")
    return 2 * len(samples)
