"""Formats of the pages, for Django's templates."""

from django import template

from entrepot.web.common import formats

register = template.Library()
register.filter("money", formats.money)
register.filter("moment", formats.moment)
register.filter("in_language", formats.text)
