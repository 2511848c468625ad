"""Load on a running service: 64 clients that send one small crop after the other.

checkstate serve &
locust --headless --users 64 --spawn-rate 64 --run-time 60s --locustfile deploy/locustfile.py \\
  --host http://127.0.0.1:8000
"""

from pathlib import Path

from locust import FastHttpUser, task

CROPS = [path.read_bytes() for path in sorted(Path("data/starter").rglob("*.png"))[::12]]
HEAD = (
    b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n'
    b"Content-Type: image/png\r\n\r\n"
)


class Client(FastHttpUser):
    """Sends crops in turn; busy is an answer."""

    sent = 0

    @task
    def predict(self) -> None:
        """One multipart request."""
        self.sent += 1
        body = HEAD + CROPS[self.sent % len(CROPS)] + b"\r\n--x--\r\n"
        headers = {"Content-Type": "multipart/form-data; boundary=x"}
        with self.client.post(
            "/predict", data=body, headers=headers, catch_response=True
        ) as response:
            if response.status_code == 503:
                response.success()
