"""`kit images` and `kit base-image`: the container images."""

from __future__ import annotations

import click

from kit.language import _


@click.command(help=_("Build the container images, those whose inputs have changed."))
@click.option("--gpu/--cpu", default=None, help=_("the training image's PyTorch; default: as in the image there is"))
@click.option("--remove", is_flag=True, help=_("remove them all instead"))
def images(gpu: bool | None, remove: bool) -> None:
    # Here, because the SDK takes time that the other commands do not need.
    from kit.local_cloud.docker.engine import require_engine
    from kit.local_cloud.docker.images import ensure_images, remove_images

    engine = require_engine()
    if remove:
        remove_images(engine)
    else:
        ensure_images(engine, cuda=gpu, say=click.echo)


@click.command(
    "base-image",
    help=_("Make the image that the others stand on from Debian's packages, where no registry can be reached."),
)
def base_image() -> None:
    from kit.local_cloud.docker.base_image import BASE_IMAGE, make_base_image
    from kit.local_cloud.docker.engine import require_engine

    make_base_image(require_engine())
    click.echo(_("Made {image}.").format(image=BASE_IMAGE))
