from django.conf import settings
from django.urls import include, path
from django.views.static import serve

urlpatterns = [
    path("", include("books.urls")),
    # Good enough for an example. A real app keeps uploads in object storage, which serves them too.
    path("media/<path:path>", serve, {"document_root": settings.MEDIA_ROOT}, name="media"),
]
