"""One POST to an address outside: to the address that was looked at, and over within seconds whatever it answers."""

import asyncio
from collections.abc import Mapping

import httpx

from people.services.webhook_address import Target

SECONDS = 10
"""An attempt takes no longer, however slowly the receiver answers."""


def post(target: Target, *, headers: Mapping[str, str], body: bytes) -> int:
    """The status that was answered. Raises httpx.HTTPError, of which TimeoutException where it took too long."""

    async def bounded() -> int:
        # What httpx bounds is each read: a receiver that sends a byte now and then would hold the worker for ever.
        async with asyncio.timeout(SECONDS):
            return await _post(target, headers, body)

    try:
        return asyncio.run(bounded())
    except TimeoutError:
        raise httpx.ReadTimeout(f"no answer within {SECONDS} seconds") from None


async def _post(target: Target, headers: Mapping[str, str], body: bytes) -> int:
    host = f"[{target.address}]" if ":" in target.address else target.address
    query = f"?{target.parts.query}" if target.parts.query else ""
    # No proxy of the environment: it would look the name up again. No redirect: it could lead inside.
    async with httpx.AsyncClient(timeout=SECONDS, follow_redirects=False, trust_env=False) as client:
        request = client.build_request(
            "POST",
            f"{target.parts.scheme}://{host}:{target.port}{target.parts.path or '/'}{query}",
            content=body,
            # Connecting to the address that was looked at, under the name that was asked for.
            headers={**headers, "Host": target.parts.netloc},
            extensions={"sni_hostname": target.host},
        )
        answer = await client.send(request, stream=True)
        try:
            # What it says besides its status is nobody's business, and may have no end.
            return answer.status_code
        finally:
            await answer.aclose()
