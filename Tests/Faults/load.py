"""A mixed load from several threads, and a memory of everything it was told."""

import http.client
import random
import threading

from place import JSON, POLICY, SCOPES, Broken, eventually, expect

LOST = (OSError, http.client.HTTPException)


class Memory:
    """What was acknowledged, and what nobody answered."""

    def __init__(self):
        self.lock = threading.Lock()
        self.stopped = set()      # (address, scope): acknowledged, so never allowed again
        self.agreed = set()       # (address, scope): acknowledged yes that nobody took back
        self.erased = {}          # address: id of the request
        self.keys = {}            # Idempotency-Key: ((address, scope), id of the opt-out)
        self.unanswered = {}      # Idempotency-Key: (address, scope)
        self.imports = {}         # id: addresses the list stops
        self.wrong = []           # answers that are no success
        self.answers = self.refusals = 0
        self.cut = threading.Event()
        self.outage = threading.Event()   # while it is set, 503 is an answer, too

    def note(self, kind, thing, value=None):
        """Takes an acknowledgement into one of the collections."""
        with self.lock:
            self.answers += 1
            found = getattr(self, kind)
            if isinstance(found, set):
                found.add(thing)
            else:
                found[thing] = value


class Load:
    """Threads that ask for all sorts of things until they are told to end."""

    THREADS = 5

    def __init__(self, server, memory, name, seed):
        self.server, self.memory, self.name = server, memory, name
        memory.cut.clear()
        self.threads = [
            threading.Thread(target=self._work, args=(number, random.Random(f"{seed}.{number}")))
            for number in range(self.THREADS)
        ]
        for thread in self.threads:
            thread.start()

    def end(self):
        """From now on a request may fail; waits for the threads."""
        self.memory.cut.set()
        for thread in self.threads:
            thread.join(60)
            expect(not thread.is_alive(), "a client of the load still waits for an answer")

    def _work(self, number, dice):
        client, count = self.server.client(), 0
        while not self.memory.cut.is_set():
            count += 1
            act = dice.choices(
                (self._opt_out, self._one_click, self._agree, self._ask, self._filter,
                 self._import, self._erase),
                (10, 4, 4, 4, 2, 1, 1))[0]
            address = f"{self.name}.{number}.{count}@mail.example"
            try:
                wrong, is_excused = act(client, address, dice), False
            except LOST as error:
                # A server that is killed says nothing; a list in an outage is cut off.
                is_cut_off = isinstance(error, http.client.IncompleteRead)
                is_excused = (self.memory.cut.is_set()
                              or is_cut_off and self.memory.outage.is_set())
                wrong = f"{act.__name__}: {error!r}"
            except Broken as broken:
                wrong, is_excused = str(broken), False
            if wrong and (is_excused or ": 503 " in wrong and self.memory.outage.is_set()):
                self.memory.refusals += 1
            elif wrong:
                with self.memory.lock:
                    self.memory.wrong.append(wrong)
                break
        client.close()

    def _opt_out(self, client, address, dice):
        scope = dice.choice((*SCOPES, "global"))
        key = f"key-{address}"
        with self.memory.lock:
            self.memory.unanswered[key] = (address, scope)
        reply = client.opt_out(address, scope, key)
        if reply.status != 202:
            return f"opt-out: {reply}"
        settle(self.memory, key, reply)
        return None

    def _one_click(self, client, address, _):
        consent = client.grant(address)
        if consent.status != 201:
            return f"consent: {consent}"
        reply = client.press(client.token(address))
        if reply.status != 200:
            return f"one-click: {reply}"
        self.memory.note("stopped", (address, "newsletter"))
        return None

    def _agree(self, client, address, dice):
        scope = dice.choice(SCOPES)
        reply = client.grant(address, scope)
        if reply.status != 201:
            return f"consent: {reply}"
        self.memory.note("agreed", (address, scope))
        return None

    def _ask(self, client, _, dice):
        with self.memory.lock:
            known = dice.sample(sorted(self.memory.stopped), 1) if self.memory.stopped else []
        for address, scope in known:
            reply = client.check(address, asked(scope))
            if reply.status != 200 or reply.json["allowed"]:
                return f"check of {address}, who stopped {scope}: {reply}"
        return None

    def _filter(self, client, _, dice):
        with self.memory.lock:
            known = sorted(a for a, s in self.memory.stopped if s != "offers")
        some = dice.sample(known, min(5, len(known)))
        reply = client.post("/v1/sends/filter?scope=newsletter", "\n".join([*some, ""]),
                            {"Content-Type": "text/plain"})
        if reply.status != 200 or '"allowed":true' in reply.text:
            return f"filter: {reply}"
        return None

    def _import(self, client, address, _):
        rows = [(f"{kind}{n}.{address}", kind) for n in range(5)
                for kind in ("subscribed", "unsubscribed")]
        text = "email,status,given_at\n" + "".join(
            f"{who},{kind},2024-05-01T10:00:00Z\n" for who, kind in rows)
        reply = client.post(f"/v1/imports?scope=newsletter&policyVersion={POLICY}&format=csv",
                            text, {"Content-Type": "text/csv"})
        if reply.status == 429:
            return None
        if reply.status != 202:
            return f"import: {reply}"
        self.memory.note("imports", reply.json["id"],
                         [who for who, kind in rows if kind == "unsubscribed"])
        return None

    def _erase(self, client, address, _):
        consent = client.grant(address)
        if consent.status != 201:
            return f"consent: {consent}"
        reply = client.post("/v1/erasures", {"address": address, "verifiedBy": "account-login"})
        if reply.status != 202:
            return f"erasure: {reply}"
        self.memory.note("erased", address, reply.json["id"])
        return None


def asked(scope):
    """The scope to ask about somebody who stopped this one."""
    return "newsletter" if scope == "global" else scope


def settle(memory, key, reply):
    """Takes the answer to an opt-out into the memory."""
    with memory.lock:
        who = memory.unanswered.pop(key)
        memory.keys[key] = (who, reply.json["id"])
        memory.stopped.add(who)
        memory.answers += 1


def replay(client, memory, most=6):
    """Sends again what nobody answered, and some of what was answered: the answer is the same."""
    for key, (address, scope) in list(memory.unanswered.items()):
        reply = client.opt_out(address, scope, key)
        expect(reply.status == 202, f"an opt-out that is sent again: {reply}")
        settle(memory, key, reply)
    for key in list(memory.keys)[-most:]:
        (address, scope), first = memory.keys[key]
        reply = client.opt_out(address, scope, key)
        expect(reply.status == 202 and reply.json["id"] == first,
               f"{key} was answered with {first}, and is now answered with: {reply}")


def in_force(client, stopped, agreed, erased):
    """The guard refuses everybody who stopped or was erased, and allows everybody who agreed."""
    for scope in (*SCOPES, "global"):
        wrong = client.allowed({a for a, s in stopped if s == scope}, asked(scope))
        expect(not wrong, f"stopped {scope} and allowed: {sorted(wrong)[:5]}")
        yes = {a for a, s in agreed if s == scope}
        lost = yes - client.allowed(yes, asked(scope)) if yes else set()
        expect(not lost, f"agreed to {scope} and refused: {sorted(lost)[:5]}")
    wrong = client.allowed(set(erased))
    expect(not wrong, f"asked to be erased and allowed: {sorted(wrong)[:5]}")


def imports_end(client, memory):
    """Each list that was taken is imported, and whoever it stops is stopped."""
    for name, stopped in memory.imports.items():
        def state(name=name):
            return client.get(f"/v1/imports/{name}").json
        eventually(lambda: f"import {name} ends: {state()}", lambda: state()["state"] == "finished")
        rows = state()["counts"]["rows"]
        expect(rows == 10, f"import {name} of 10 rows has counted {rows}")
        wrong = client.allowed(stopped)
        expect(not wrong, f"stopped by a list and allowed: {sorted(wrong)[:5]}")


__all__ = ["JSON", "LOST", "Load", "Memory", "asked", "imports_end", "in_force", "replay"]
