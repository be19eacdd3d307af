"""The console in a browser: aiohttp.web and Jinja, no build step."""
