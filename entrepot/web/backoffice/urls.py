from django.contrib import admin
from django.urls import path

urlpatterns = [path("records/", admin.site.urls)]
