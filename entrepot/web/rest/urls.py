from django.urls import path

from entrepot.web.rest.api import api

urlpatterns = [path("", api.urls)]
