"""The TAXII data stores of the stix2 library."""

import json

import stix2
from taxii2client.v21 import Collection

import script


def stores(reach):
    def collection():
        return Collection(reach["collection"], user=reach["user"], password=reach["password"])

    return stix2.TAXIICollectionSink(collection(), allow_custom=True), stix2.TAXIICollectionSource(collection())


def round_trip(reach):
    """Objects in through the sink, one by one, as a list and as a bundle, and out through the source."""
    sink, source = stores(reach)
    indicators = [
        stix2.v21.Indicator(name=f"Sample {n}", pattern="[url:value = 'http://x.example/']", pattern_type="stix")
        for n in range(5)
    ]
    changed = indicators[0].new_version(name="Sample 0, vérifié")
    actor = stix2.v21.ThreatActor(name="Somebody", threat_actor_types=["unknown"])
    sink.add(indicators[0])
    sink.add(indicators[1:3])
    sink.add(stix2.v21.Bundle(objects=indicators[3:] + [actor]))
    sink.add(changed)

    first = indicators[0].id
    assert source.get(first).serialize() == changed.serialize()
    assert source.get("indicator--5f5f5f5f-0000-4000-8000-000000000000") is None
    all_versions = {str(version.modified) for version in source.all_versions(first)}
    assert all_versions == {str(indicators[0].modified), str(changed.modified)}, all_versions
    found = source.query([stix2.Filter("type", "=", "threat-actor")])
    assert [o.serialize() for o in found] == [actor.serialize()]
    found = source.query([stix2.Filter("type", "=", "indicator"), stix2.Filter("name", "=", "Sample 4")])
    assert [o.id for o in found] == [indicators[4].id]
    found = source.query([stix2.Filter("id", "=", indicators[2].id)])
    assert [o.serialize() for o in found] == [indicators[2].serialize()]
    everything = source.query()
    assert len(everything) == len({o.id for o in everything}) == 6, everything
    return len(everything)


def same(reach):
    """Everything there is, which has to be what the file says."""
    _, source = stores(reach)
    with open(reach["file"], encoding="utf-8") as file:
        submitted = [stix2.parse(o, allow_custom=True) for o in json.load(file)["objects"]]
    found = {key(o): text(o) for o in source.query([stix2.Filter("version", "=", "all")])}
    wrong = [o["id"] for o in submitted if found.get(key(o)) != text(o)]
    assert not wrong, wrong
    return len(found)


def key(stix_object):
    return stix_object["id"], str(stix_object.get("modified") or stix_object.get("created"))


def text(stix_object):
    """The library leaves types that it does not know as they are."""
    return json.dumps(stix_object, sort_keys=True) if isinstance(stix_object, dict) else stix_object.serialize()


script.call(globals())
