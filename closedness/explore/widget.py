"""The explorer in notebooks: the module of the page as an anywidget, with the kernel in the place of the server."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from closedness.errors import ClosednessError, InputError
from closedness.explore.answers import KINDS, problem_object
from closedness.explore.jobs import Job, prepare
from closedness.explore.server import Bounds, asset, start
from closedness.supports.product import SupportProduct

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["explorer"]


class Conversation:
    """Questions of one view and their answers; what is cancelled is ended.

    Parameters
    ----------
    send : callable
        Takes a message ``{"id": …, "part": …}``; the part None is the last one.
    bounds : Bounds
    """

    def __init__(self, send: Callable[[dict[str, Any]], None], bounds: Bounds) -> None:
        self._send = send
        self._bounds = bounds
        self._jobs: dict[int, Job] = {}
        self._lock = threading.Lock()

    def hear(self, message: Any) -> threading.Thread | None:
        """Take a message of the view: a question, or that one is of no use any more."""
        if not isinstance(message, dict) or not isinstance(message.get("id"), int):
            return None
        number = message["id"]
        if message.get("cancel"):
            with self._lock:
                job = self._jobs.pop(number, None)
            if job is not None:
                job.end()
            return None
        kind, payload = message.get("kind"), message.get("payload")
        if kind not in KINDS or not isinstance(payload, dict):
            return None
        seconds = payload.get("seconds")
        if isinstance(seconds, (int, float)):
            payload = {**payload, "seconds": min(seconds, self._bounds.seconds)}
        try:
            job = Job(kind, payload, self._bounds.whole)
        except (ClosednessError, OSError) as error:
            self._send({"id": number, "part": {"part": "error", "message": str(error)}})
            self._send({"id": number, "part": None})
            return None
        with self._lock:
            self._jobs[number] = job
        thread = threading.Thread(target=self._answer, args=(number, job), daemon=True)
        thread.start()
        return thread

    def _answer(self, number: int, job: Job) -> None:
        while (part := job.next()) is not None:
            self._send({"id": number, "part": part})
        with self._lock:
            wanted = self._jobs.pop(number, None) is not None
        if wanted:
            self._send({"id": number, "part": None})

    def end(self) -> None:
        """End everything."""
        with self._lock:
            jobs, self._jobs = list(self._jobs.values()), {}
        for job in jobs:
            job.end()


def explorer(product: SupportProduct | None = None, *, seconds: float = 60.0) -> Any:
    """A widget for notebooks in which supports are drawn and decided.

    Parameters
    ----------
    product : SupportProduct, optional
        The supports to start with; LU of order 3 by default.
    seconds : float
        The longest decision that the widget may ask for.

    Returns
    -------
    anywidget.AnyWidget
        Its attribute ``product`` is what is drawn at the moment; set it to draw something else.

    Raises
    ------
    InputError
        If the package anywidget is missing.

    Examples
    --------
    >>> widget = explorer(SupportProduct.from_text("10/11 * 11/01"))  # doctest: +SKIP
    >>> widget.product  # doctest: +SKIP
    SupportProduct.from_text('10/11 * 11/01')
    """
    try:
        import anywidget
        import traitlets
    except ModuleNotFoundError as error:
        raise InputError(
            f"the widget needs the package {error.name}: pip install 'closedness[widget]'"
        ) from None

    bounds = Bounds(seconds=seconds)
    lower = [[1, 0, 0], [1, 1, 0], [1, 1, 1]]

    class Explorer(anywidget.AnyWidget):
        """The widget."""

        _esm = asset("explorer.js")
        _style = traitlets.Unicode().tag(sync=True)
        _start = traitlets.Dict().tag(sync=True)
        problem = traitlets.Dict().tag(sync=True)
        field = traitlets.Unicode("real").tag(sync=True)

        def __init__(self, chosen: SupportProduct) -> None:
            super().__init__(
                _style=asset("report.css") + asset("explorer.css"),
                _start=start(None, "", bounds),
                problem=problem_object(chosen),
            )
            self._conversation = Conversation(self.send, bounds)
            self.on_msg(lambda _, message, buffers: self._conversation.hear(message))

        @property
        def product(self) -> SupportProduct:
            """The supports that are drawn."""
            return SupportProduct.from_problem(dict(self.problem))

        @product.setter
        def product(self, chosen: SupportProduct) -> None:
            self.problem = problem_object(chosen)

        def close(self) -> None:
            """End what is running, too."""
            self._conversation.end()
            super().close()

    prepare()
    return Explorer(product if product is not None else SupportProduct.from_pair(lower, lower))
