"""The unread poll in Flask and psycopg: the same rows of the same table along the same index, with an ETag.

The user comes in a header, unverified: what a session costs is spared.
"""

import os

from flask import Flask, Response, jsonify, request
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool

app = Flask(__name__)
pools = {}

PAGE = """
    SELECT id::text, title, message, action_url, data, event_type, priority, due_at::text, delivered_at::text, seq
    FROM inbox
    WHERE user_id = %s AND state = 'delivered' AND read_at IS NULL AND archived_at IS NULL
    ORDER BY seq DESC LIMIT 100
"""


def pool():
    # One a process: gunicorn forks, and connections do not outlive that.
    if os.getpid() not in pools:
        pools[os.getpid()] = ConnectionPool(
            os.environ["PEER_POSTGRES_URL"], min_size=1, max_size=4,
            kwargs={"autocommit": True, "row_factory": dict_row})
    return pools[os.getpid()]


@app.get("/unread")
def unread():
    user = request.headers["X-User"]
    with pool().connection() as connection:
        head = connection.execute("SELECT version FROM inbox_heads WHERE user_id = %s", (user,)).fetchone()
        etag = str(head["version"] if head else 0)
        if request.if_none_match.contains(etag):
            response = Response(status=304)
        else:
            response = jsonify(connection.execute(PAGE, (user,)).fetchall())
    response.set_etag(etag)
    return response
