"""`luciole models`: what is in the model folder, and how a model comes, goes, gets a name or becomes the default."""

import click

from assistant.commands.lazy import Entry, LazyGroup

COMMANDS = {
    "list": Entry("assistant.commands.models_list:list_", "List the models that are here, the last used first."),
    "show": Entry("assistant.commands.models_list:show", "Show everything that is known of MODEL."),
    "pull": Entry("assistant.commands.models_pull:pull", "Fetch a model from the hub, or a checkpoint and convert it."),
    "import": Entry("assistant.commands.models_import:import_", "Take a GGUF file, or a checkpoint folder, in."),
    "remove": Entry("assistant.commands.models_change:remove", "Remove models; asks, and says what is freed."),
    "default": Entry("assistant.commands.models_change:default", "Say which model is the default, or choose it."),
    "rename": Entry("assistant.commands.models_change:rename", "Give MODEL another NAME."),
}

EPILOG = """\b
Examples:
  luciole models
  luciole models pull Qwen/Qwen2.5-0.5B-Instruct-GGUF:q4_k_m
  luciole models import ~/Downloads/qwen2.5-0.5b-q4_k_m.gguf
  luciole models default qwen2.5-0.5b-q4_k_m
"""


@click.group(cls=LazyGroup, table=COMMANDS, invoke_without_command=True, epilog=EPILOG)
@click.pass_context
def models(ctx: click.Context) -> None:
    """List, fetch, import, rename or remove models.

    Without a command it lists them. MODEL is a name that the list shows, starter, or the path of a GGUF file.
    """
    if ctx.invoked_subcommand is None:
        from assistant.commands.models_list import list_

        ctx.invoke(list_, as_json=False)
