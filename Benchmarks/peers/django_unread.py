"""The unread list of django-notifications-hq, as the package itself serves it, in one file.

    python django_unread.py migrate     makes its tables
    python django_unread.py fill USERS ROWS    users 1 to USERS with so many unread notifications each

The user comes in a header, unverified and not looked up: what a session costs is spared. Django keeps its connections.
"""

import os
import sys

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.urls import include, path
from psycopg.conninfo import conninfo_to_dict

where = conninfo_to_dict(os.environ["PEER_POSTGRES_URL"])
settings.configure(
    SECRET_KEY="only-measured", DEBUG=False, ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, USE_TZ=True,
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "notifications"],
    # The first one for the Content-Length alone.
    MIDDLEWARE=["django.middleware.common.CommonMiddleware", f"{__name__}.by_header"],
    DATABASES={"default": {
        "ENGINE": "django.db.backends.postgresql", "NAME": where["dbname"], "USER": where.get("user", ""),
        "PASSWORD": where.get("password", ""), "HOST": where.get("host", ""), "PORT": where.get("port", ""),
        "CONN_MAX_AGE": None}})
django.setup()


def by_header(get_response):
    from django.contrib.auth.models import User

    def answer(request):
        request.user = User(id=int(request.headers["X-User"].removeprefix("user-")) + 1)
        return get_response(request)

    return answer


urlpatterns = [path("", include("notifications.urls", namespace="notifications"))]
app = get_wsgi_application()


def fill(users, rows):
    from django.contrib.auth.models import User
    from django.contrib.contenttypes.models import ContentType
    from django.db import connection

    kind = ContentType.objects.get_for_model(User).id
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO auth_user (id, password, is_superuser, username, first_name, last_name, email, is_staff,"
            " is_active, date_joined) SELECT n, '', false, 'user-' || n, '', '', '', false, true, now()"
            " FROM generate_series(1, %s) AS n", [users])
        cursor.execute(
            "INSERT INTO notifications_notification (level, recipient_id, unread, actor_content_type_id,"
            " actor_object_id, verb, description, timestamp, public, deleted, emailed)"
            " SELECT 'info', 1 + n %% %s, true, %s, 1, 'Your order has left', repeat('x', 140), now(), true, false, false"
            " FROM generate_series(0, %s - 1) AS n", [users, kind, users * rows])
        cursor.execute("ANALYZE")


if __name__ == "__main__":
    if sys.argv[1] == "fill":
        fill(int(sys.argv[2]), int(sys.argv[3]))
    else:
        from django.core.management import call_command
        call_command("migrate", verbosity=0)
