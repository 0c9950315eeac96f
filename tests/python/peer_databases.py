"""Makes the databases of other servers, with their own code, for `fixtures/`. Run by hand in a virtualenv of its own:

    pip install opentaxii==0.9.3 medallion==3.0.0 psycopg2-binary
    python peer_databases.py opentaxii sqlite:////tmp/o.db && sqlite3 /tmp/o.db .dump > fixtures/opentaxii-0.9.3-sqlite.sql
    python peer_databases.py opentaxii postgresql+psycopg2://USER:PASSWORD@HOST/EMPTY
    pg_dump --no-owner --inserts URL | grep -v '^\\\\' > fixtures/opentaxii-0.9.3-postgres.sql
    python peer_databases.py medallion fixtures/medallion-3.0.0.json
"""

import datetime
import os
import sys

NUMBER = "00000000-0000-4000-8000-%012d"


def indicator(n, modified, **more):
    return {
        "type": "indicator",
        "spec_version": "2.1",
        "id": "indicator--" + NUMBER % n,
        "created": "2026-01-01T00:00:00.000000Z",
        "modified": modified,
        "name": "Ünïcode \u2028 \U0001f40d \u0000 %d" % n,
        "pattern": "[ipv4-addr:value = '198.51.100.%d']" % n,
        "pattern_type": "stix",
        "valid_from": "2026-01-01T00:00:00Z",
        **more,
    }


def opentaxii(url):
    from opentaxii.auth.sqldb.api import SQLDatabaseAPI
    from opentaxii.auth.sqldb.models import Account
    from opentaxii.persistence.sqldb import api as module

    class Clock(datetime.datetime):
        """Ten objects at a time are added in the same microsecond."""

        ticks = 0

        @classmethod
        def now(cls, tz=None):
            cls.ticks += 1
            return datetime.datetime(2026, 2, 1, 12, 0, 0, 123400 + cls.ticks // 10, tzinfo=tz)

    module.datetime = type("datetime", (), {"datetime": Clock, "timezone": datetime.timezone})
    api = module.Taxii2SQLDatabaseAPI(url, create_tables=True)
    auth = SQLDatabaseAPI(url, create_tables=True, secret="secret")
    main = api.add_api_root("Sharing group", "All of us", default=True, is_public=True)
    other = api.add_api_root("Others")
    first = api.add_collection(main.id, "Indicators", "What to look for", "indicators", is_public=True)
    second = api.add_collection(main.id, "Inbox", None, "not a good alias!", is_public_write=True)
    api.add_collection(other.id, "Empty")
    when = "2026-01-%02dT00:00:00.000000Z"
    api.add_objects(main.id, first.id, [indicator(n, when % (n % 20 + 2)) for n in range(25)])
    api.add_objects(main.id, first.id, [indicator(n, when % 28, confidence=1.50) for n in range(0, 25, 5)])
    api.add_objects(main.id, first.id, [indicator(7, when % 1)])
    # Nothing that OpenTAXII would look at: a date that is none but for its form, and another type than the id's.
    api.add_objects(main.id, first.id, [indicator(90, when % 5, created="yesterday")])
    api.add_objects(main.id, second.id, [indicator(1, when % 5, spec_version="7.0"), indicator(2, when % 5)])
    auth.create_account("admin", "admin", is_admin=True)
    for name, permissions in [
        ("reader", {str(first.id): "read"}),
        ("writer", {first.id.hex: "modify", str(second.id): "modify", "taxii-1-collection": "read"}),
    ]:
        auth.create_account(name, name)
        account = auth.db.session.query(Account).filter_by(username=name).one()
        account.permissions = permissions
        auth.db.session.commit()


def medallion(file):
    from medallion.backends.memory_backend import MemoryBackend

    backend = MemoryBackend()
    collection = "91a7b528-80eb-42ed-a74d-c6fbd5a26116"
    backend.data = {
        "discovery": {"title": "Some server", "default": "trustgroup1", "api_roots": ["trustgroup1"]},
        "trustgroup1": {
            "information": {
                "title": "Malware research",
                "description": "A trust group",
                "versions": ["application/taxii+json;version=2.1"],
                "max_content_length": 9765625,
            },
            "status": [],
            "collections": [
                {
                    "id": collection,
                    "title": "High value",
                    "description": "Indicators",
                    "alias": "high-value",
                    "can_read": True,
                    "can_write": True,
                    "media_types": ["application/stix+json;version=2.1"],
                    "manifest": [],
                    "objects": [],
                },
                {
                    "id": "no-uuid",
                    "title": "Other",
                    "can_read": True,
                    "can_write": False,
                    "media_types": [],
                    "manifest": [],
                    "objects": [],
                },
            ],
        },
    }
    utc = datetime.timezone.utc
    when = "2026-01-%02dT00:00:00.000Z"
    batches = [
        [indicator(n, when % (n + 2)) for n in range(5)],
        [indicator(n, when % 28) for n in range(0, 5, 2)],
        [{"type": "url", "spec_version": "2.1", "id": "url--" + NUMBER % 1, "value": "http://example.com/\u00e9"}],
        [indicator(90, when % 3, created="yesterday")],
        [
            {
                "type": "identity",
                "id": "identity--" + NUMBER % 1,
                "created": "2017-01-01T00:00:00.000Z",
                "modified": "2017-01-01T00:00:00.000Z",
                "name": "STIX 2.0",
                "identity_class": "individual",
            }
        ],
    ]
    for n, objects in enumerate(batches):
        at = datetime.datetime(2026, 2, 1, 12, 0, n, 123456, tzinfo=utc)
        backend.add_objects("trustgroup1", collection, {"objects": objects}, at)
    backend.save_data_to_file(file, indent=1)


if __name__ == "__main__":
    {"opentaxii": opentaxii, "medallion": medallion}[sys.argv[1]](sys.argv[2])
    # Medallion leaves a thread behind that looks for old sessions.
    os._exit(0)
