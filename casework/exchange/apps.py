from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "casework.exchange"
    label = "exchange"
