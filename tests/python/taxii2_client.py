"""taxii2-client as the products use it that embed it."""

from requests.exceptions import HTTPError
from taxii2client.v21 import ApiRoot, Collection, Server, as_pages

import script


def collection(reach):
    return Collection(reach["collection"], user=reach["user"], password=reach["password"])


def versions(objects):
    return [(o["id"], o.get("modified") or o.get("created")) for o in objects]


def discover(reach):
    """From the discovery URL to the collection."""
    server = Server(reach["discovery"], user=reach["user"], password=reach["password"])
    root = next(root for root in server.api_roots if root.url == reach["root"])
    found = next(c for c in root.collections if c.id == reach["id"])
    assert found.url == reach["collection"], found.url
    assert root.versions and root.max_content_length > 0
    return {
        "server": server.title,
        "default": server.default and server.default.title,
        "root": root.title,
        "collection": found.title,
        "can_read": found.can_read,
        "can_write": found.can_write,
        "media_types": found.media_types,
    }


def push(reach):
    """Both ways to follow a status: the client's own, and by hand."""
    waited = collection(reach).add_objects({"objects": reach["objects"]}, poll_interval=0.05)
    assert waited.status == "complete", waited.status
    assert waited.success_count == waited.total_count == len(reach["objects"]), waited._raw
    left = collection(reach).add_objects({"objects": reach["objects"]}, wait_for_completion=False)
    left.wait_until_final(poll_interval=0.05)
    assert left.status == "complete"
    root = ApiRoot(reach["root"], user=reach["user"], password=reach["password"])
    asked = root.get_status(left.id)
    assert (asked.id, asked.status, asked.success_count) == (left.id, "complete", len(reach["objects"]))
    return [success["id"] for success in waited.successes]


def refused(reach):
    """What a push of bad objects says."""
    status = collection(reach).add_objects({"objects": reach["objects"]}, poll_interval=0.05)
    return {"success": status.success_count, "failures": [failure["id"] for failure in status.failures]}


def pages(reach):
    """Walks through objects and manifest with each limit."""
    walks = {}
    for limit in reach["limits"]:
        for name in ["get_objects", "get_manifest"]:
            walk = list(as_pages(getattr(collection(reach), name), per_request=limit))
            walks[f"{name} {limit}"] = {
                "sizes": [len(page["objects"]) for page in walk],
                "ids": [entry["id"] for page in walk for entry in page["objects"]],
            }
    return walks


def everything(reach):
    """All versions of all objects, as the client gives them."""
    walk = as_pages(collection(reach).get_objects, per_request=reach["limit"], version="all")
    return [stix_object for page in walk for stix_object in page["objects"]]


def one_object(reach):
    """An object, its versions, filters, and its end."""
    there, object_id = collection(reach), reach["object"]
    found = {
        "last": versions(there.get_object(object_id)["objects"]),
        "all": versions(there.get_object(object_id, version="all")["objects"]),
        "first": versions(there.get_objects(id=object_id, version="first")["objects"]),
        "versions": there.object_versions(object_id)["versions"],
        "manifest": [(m["id"], m["version"]) for m in there.get_manifest(id=object_id)["objects"]],
        "types": sorted({o["type"] for o in there.get_objects(type=["malware", "tool"])["objects"]}),
    }
    there.delete_object(object_id)
    try:
        there.get_object(object_id)
    except HTTPError as error:
        found["deleted"] = error.response.status_code
    return found


script.call(globals())
