"""PyMISP as a MISP instance that reads from us."""

import json
import logging
import urllib.request

import script


def client(reach):
    from pymisp import PyMISP

    logging.disable(logging.CRITICAL)
    return PyMISP(reach["url"], reach["key"])


def server(reach):
    """What a synchronising instance asks for: version, user, list, events; and what it must not do."""
    from pymisp import MISPEvent

    misp = client(reach)
    index = misp.search_index(minimal=True, published=True)
    events, loaded = {}, {}
    for entry in index:
        uuid = entry["uuid"]
        events[uuid] = misp.get_event(uuid, deleted=[0, 1])
        event = misp.get_event(uuid, deleted=[0, 1], pythonify=True)
        assert isinstance(event, MISPEvent)
        loaded[uuid] = [event.info, sorted(a.value for a in event.attributes), len(event.objects)]
    new = MISPEvent()
    new.info = "to be refused"
    added = misp.add_event(new)
    return {
        "version": misp.misp_instance_version["version"],
        "user": misp.get_user("me")["User"]["email"],
        "index": sorted(entry["uuid"] for entry in index),
        "listed": sorted(event.uuid for event in misp.events(pythonify=True)),
        "tagged": sorted(event["uuid"] for event in misp.search_index(tags=reach.get("tag"), minimal=True)),
        "events": events,
        "loaded": loaded,
        "exists": [misp.event_exists(uuid) for uuid in sorted(events)],
        "absent": misp.event_exists("00000000-0000-4000-8000-000000000000"),
        "refused": added["errors"][0],
    }


def feed(reach):
    """Follows the feed as MISP does: the manifest, and the file of each event."""
    from pymisp import MISPEvent

    def get(name):
        request = urllib.request.Request(reach["url"] + name, headers={"Authorization": reach["key"]})
        with urllib.request.urlopen(request) as answer:
            return answer.read().decode("utf-8")

    manifest = json.loads(get("manifest.json"))
    events = {}
    for uuid, entry in manifest.items():
        event = MISPEvent()
        event.load(get(uuid + ".json"))
        assert event.uuid == uuid and str(int(event.timestamp.timestamp())) == entry["timestamp"], entry
        assert event.orgc.name == entry["Orgc"]["name"] and event.orgc.uuid == entry["Orgc"]["uuid"], entry
        events[uuid] = {
            "info": event.info,
            "values": sorted(a.value for a in event.attributes),
            "objects": sorted(o.name for o in event.objects),
            "hashes": sorted(value for a in event.attributes for value in a.hash_values("md5")),
        }
    lines = [line.split(",") for line in get("hashes.csv").splitlines()]
    hashes = {uuid: sorted(h for h, of in lines if of == uuid) for uuid in manifest}
    return {"events": events, "hashes": hashes}


script.call({"server": server, "feed": feed})
