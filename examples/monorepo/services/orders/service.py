import os

from shop import serve

serve({"/": lambda: {"service": os.environ["NAME"], "text": f"{os.environ['GREETING']} for your order", "orders": []}})
