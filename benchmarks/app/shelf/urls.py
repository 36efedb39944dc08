"""One page."""

from django.urls import path

from shelf.views import page

urlpatterns = [path("", page)]
