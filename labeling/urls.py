"""The addresses of this app's pages."""

from django.urls import path

from labeling.views.images import image

urlpatterns = [path("images/<uuid:pk>/", image, name="image-bytes")]
