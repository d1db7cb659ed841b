"""Checkpoints of which there is always one to go on from."""

from collections import deque
from pathlib import Path
from typing import Any

from mmengine.dist import is_main_process
from mmengine.hooks import CheckpointHook
from mmengine.logging import print_log
from mmengine.runner import Runner

from aanet.registry import HOOKS
from aanet.utils.safe_saving import remove_leftovers


class _RemoveLater:
    """A file backend that only notes what shall be removed.

    Args:
        backend (Any): The backend that does everything else.
    """

    def __init__(self, backend: Any) -> None:
        self.backend = backend
        self.outdated: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.backend, name)

    def remove(self, path: str) -> None:
        self.outdated.append(path)


@HOOKS.register_module()
class SafeCheckpointHook(CheckpointHook):
    """mmengine's hook, which here removes a file once the next is whole.

    mmengine removes the oldest checkpoint, or the best one so far, and then
    writes the new one: with ``max_keep_ckpts=1``, and for the best one
    always, a run that is killed in between, or that meets a full disk, is
    left with none. The price is room for one more file while it is written.

    What processes that were killed while writing have left behind is removed
    before training. The arguments are those of mmengine's hook.
    """

    file_backend: Any
    keep_ckpt_ids: deque[int]
    max_keep_ckpts: int

    def before_train(self, runner: Runner) -> None:
        """Tidy the folder up.

        Args:
            runner (Runner): The runner.
        """
        super().before_train(runner)
        # After a validation mmengine saves the last checkpoint again, with
        # the best score in it, but not one that it has resumed from.
        self.last_ckpt = runner.message_hub.runtime_info.get('last_ckpt')
        self.file_backend = _RemoveLater(self.file_backend)
        if self.max_keep_ckpts > 0:
            # Without mmengine's bound, which forgets the oldest unremoved.
            self.keep_ckpt_ids = deque(self.keep_ckpt_ids)
        folder = Path(self.out_dir)
        if is_main_process() and folder.is_dir():
            for path in remove_leftovers(folder):
                print_log(f'Removed {path}, half written.', 'current')

    def _save_checkpoint_with_step(
        self, runner: Runner, step: int, meta: dict
    ) -> None:
        """Save, with one more checkpoint kept meanwhile.

        The checkpoint itself counts the oldest among those there are, so
        that the run that goes on from it removes it if this one cannot.
        """
        self._remove_outdated()
        keep = self.max_keep_ckpts
        if keep <= 0:
            super()._save_checkpoint_with_step(runner, step, meta)
            return
        self.max_keep_ckpts = keep + 1
        try:
            super()._save_checkpoint_with_step(runner, step, meta)
        finally:
            self.max_keep_ckpts = keep
        while len(self.keep_ckpt_ids) > keep:
            name = self.filename_tmpl.format(self.keep_ckpt_ids.popleft())
            path = self.file_backend.join_path(self.out_dir, name)
            if is_main_process() and self.file_backend.isfile(path):
                self.file_backend.backend.remove(path)
        runner.message_hub.update_info(
            'keep_ckpt_ids', list(self.keep_ckpt_ids)
        )

    def _save_best_checkpoint(self, runner: Runner, metrics: dict) -> None:
        """Save if the score is the best, and then remove the one before."""
        super()._save_best_checkpoint(runner, metrics)
        self._remove_outdated()

    def _remove_outdated(self) -> None:
        """Remove what mmengine meant to remove before it saved."""
        # The best one may have been written again, under the same name.
        best = {
            getattr(self, 'best_ckpt_path', None),
            *getattr(self, 'best_ckpt_path_dict', {}).values(),
        }
        outdated = self.file_backend.outdated
        while outdated:
            path = outdated.pop()
            # A run resumed in another folder has the best one of the first.
            own = Path(path).parent == Path(self.out_dir)
            if own and path not in best:
                self.file_backend.backend.remove(path)
