"""The skin, hair and clothes of a face at rest, prepared once per identity.

Everything that moves with the skin lives in one layer in canonical coordinates, which
the renderer warps; brows, eyes and lips are drawn on it afterwards. Maps are (n, n),
row = y, column = x, over [-EXTENT, EXTENT] half frames.
"""
from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from mmfer.synthetic import folds as skin_folds
from mmfer.synthetic import hair as hair_layers
from mmfer.synthetic.identity import Identity

EXTENT = 1.2
"""Half width of the layer in half frames: more than a frame, for heads off its centre."""


@dataclass(frozen=True)
class Canvas:
    """The canonical grid of a layer of ``size_px`` pixels.

    Attributes:
        size_px: Pixels n along a side.
        x: (1, n) float32, half frames.
        y: (n, 1) float32, half frames.
    """

    size_px: int
    x: np.ndarray
    y: np.ndarray

    @classmethod
    def of(cls, size_px: int) -> Canvas:
        """The grid with ``size_px`` pixels along a side."""
        line = ((np.arange(size_px, dtype=np.float32) + .5) / size_px * 2 - 1) * EXTENT
        return cls(size_px, line[None], line[:, None])

    @property
    def per_unit(self) -> float:
        """Pixels per half frame."""
        return self.size_px / 2 / EXTENT

    def hill(self, x: float, y: float, sx: float, sy: float) -> np.ndarray:
        """A Gaussian hill of height 1 (separable, so it is an outer product)."""
        return (np.exp(-.5 * ((self.y - y) / sy)**2) * np.exp(-.5 * ((self.x - x) / sx)**2))

    def hills(self, x: float, y: float, sx: float, sy: float) -> np.ndarray:
        """The same hill on both sides."""
        return np.exp(-.5 * ((self.y - y) / sy)**2) * (
            np.exp(-.5 * ((self.x - x) / sx)**2) + np.exp(-.5 * ((self.x + x) / sx)**2))

    def blur(self, image: np.ndarray, sigma: float) -> np.ndarray:
        """Gaussian blur; ``sigma`` in half frames."""
        return cv2.GaussianBlur(image, (0, 0), max(sigma * self.per_unit, .3),
                                borderType=cv2.BORDER_REPLICATE)

    def polygon(self, points: np.ndarray, soft: float = 0.) -> np.ndarray:
        """(n, n) float32 in 0..1, inside of a polygon (k, 2) with an edge ``soft`` wide."""
        mask = np.zeros((self.size_px, self.size_px), np.uint8)
        pixels = ((points + EXTENT) * self.per_unit - .5) * 16
        cv2.fillPoly(mask, [pixels.round().astype(np.int32)], 255, cv2.LINE_AA, 4)
        inside = mask.astype(np.float32) / 255
        return self.blur(inside, soft) if soft else inside


@dataclass(frozen=True)
class Surface:
    """The prepared layers of one identity.

    Attributes:
        image: (n, n, 4) uint8 RGB, multiplied by alpha, and alpha.
        light: (n, n) float32, brightness of the skin relative to its colour.
        folds: Side and wrinkle -> fold, see :mod:`mmfer.synthetic.folds`.
        canvas: The grid.
    """

    image: np.ndarray
    light: np.ndarray
    folds: dict[tuple[int, str], skin_folds.Fold]
    canvas: Canvas

    def light_at(self, x: float, y: float) -> float:
        """Brightness at a canonical point."""
        n = self.canvas.size_px
        column, row = ((np.array([x, y]) + EXTENT) * self.canvas.per_unit).astype(int)
        return float(self.light[min(max(row, 0), n - 1), min(max(column, 0), n - 1)])


def smooth_polygon(points: np.ndarray, rounds: int = 4) -> np.ndarray:
    """Chaikin's corner cutting of a closed polygon (k, 2)."""
    for _ in range(rounds):
        following = np.roll(points, -1, axis=0)
        points = np.stack([.75 * points + .25 * following, .25 * points + .75 * following],
                          1).reshape(-1, 2)
    return points


def mirrored(right: list[tuple[float, float]]) -> np.ndarray:
    """A closed polygon from its half with x >= 0, listed from top to bottom."""
    half = np.array(right)
    return np.concatenate([half, (half * [-1, 1])[::-1]])


def face_outline(identity: Identity) -> np.ndarray:
    """(k, 2): the contour of skull, cheeks and jaw."""
    i = identity
    w, jaw = i.face_width, i.face_width * i.jaw
    return smooth_polygon(mirrored([
        (.0, -.89), (.25, -.88), (w * .84, -.72), (w * 1.02, -.42), (w * 1.04, -.1),
        (w * 1.0, .15), (jaw * 1.02, .44), (jaw * .74, i.chin_y - .13),
        (.17, i.chin_y + .01), (.0, i.chin_y + .025)]))


def _relief(identity: Identity, canvas: Canvas, face: np.ndarray) -> np.ndarray:
    """Height of the skin over the frame's plane, half frames."""
    i, c = identity, canvas
    half_width = np.maximum(face.sum(1, keepdims=True) / 2 / c.per_unit, .12)
    half_width = cv2.GaussianBlur(half_width, (1, 0), .03 * c.per_unit + .3,
                                  sigmaY=.03 * c.per_unit + .3)
    across = np.clip(np.abs(c.x) / half_width, 0, 1.15)
    along = (c.y - .0) / .95
    head = .6 * np.sqrt(np.clip(1.05 - .92 * across**2.4, .015, None)) * np.sqrt(
        np.clip(1 - .45 * np.abs(along)**3, .1, None))
    nose_top = i.eye_y + .02
    middle = (nose_top + i.nose_y) / 2
    z = head + .075 * c.hill(0, middle + .03, .042, (i.nose_y - nose_top) * .42)
    z += .1 * c.hill(0, i.nose_y - .015, i.nose_width * .5, .05)
    z += .045 * c.hills(i.nose_width * .8, i.nose_y + .012, i.nose_width * .3, .03)
    z += .035 * c.hills(i.eye_spacing - .02, i.eye_y - i.brow_height * .85, .13, .045)
    z -= .055 * c.hills(i.eye_spacing - .01, i.eye_y + .0, .1, .065)
    z += .02 * c.hills(i.eye_spacing, i.eye_y, .07, .04)
    z += .045 * c.hills(i.face_width * .62, .1, .12, .1)
    z += .04 * c.hill(0, i.mouth_y, .2, .11)
    z -= .008 * c.hill(0, i.mouth_y - .095, .018, .04)
    z -= .022 * c.hill(0, i.mouth_y + .115, .1, .03)
    z += .04 * c.hill(0, i.chin_y - .09, .1, .07)
    return z


def _shade(identity: Identity, canvas: Canvas, relief: np.ndarray
           ) -> tuple[np.ndarray, np.ndarray]:
    """Diffuse brightness (about 0.4..1.2) and gloss (0..1) under one soft light."""
    i, c = identity, canvas
    step = 1 / c.per_unit
    z = c.blur(relief, .012)
    gx = cv2.Sobel(z, cv2.CV_32F, 1, 0, scale=1 / (8 * step), borderType=cv2.BORDER_REPLICATE)
    gy = cv2.Sobel(z, cv2.CV_32F, 0, 1, scale=1 / (8 * step), borderType=cv2.BORDER_REPLICATE)
    norm = 1 / np.sqrt(1 + gx * gx + gy * gy)
    lx = math.sin(i.light_azimuth) * math.cos(i.light_elevation)
    ly = -math.sin(i.light_elevation)
    lz = math.cos(i.light_azimuth) * math.cos(i.light_elevation)
    lambert = np.clip((-gx * lx - gy * ly + lz) * norm + .12, 0, None)
    cavity = np.clip(c.blur(z, .07) - z, 0, None) * 3.2
    light = (1 - i.light_strength) * (.72 + .28 * norm) + i.light_strength * lambert * 1.1
    light = c.blur(light.astype(np.float32), .008) * (1 - np.clip(cavity, 0, .45))
    hx, hy, hz = lx, ly, lz + 1
    size = math.sqrt(hx * hx + hy * hy + hz * hz)
    gloss = np.clip((-gx * hx - gy * hy + hz) * norm / size, 0, 1)**24
    return light, gloss * i.light_strength


def _noise(rng: np.random.Generator, canvas: Canvas, sigma: float) -> np.ndarray:
    """Smooth noise with unit variance; ``sigma`` is its grain in half frames."""
    n = max(int(2 * EXTENT / sigma), 8)
    coarse = rng.standard_normal((min(n, canvas.size_px),) * 2).astype(np.float32)
    return cv2.resize(coarse, (canvas.size_px,) * 2, interpolation=cv2.INTER_CUBIC)


def _skin(identity: Identity, canvas: Canvas, light: np.ndarray, gloss: np.ndarray,
          rng: np.random.Generator) -> np.ndarray:
    """(n, n, 3) float32 colour of the lit skin, features that are not drawn included."""
    i, c = identity, canvas
    tone = np.array(i.skin, np.float32)
    red = (.55 * c.hills(i.face_width * .56, .15, .13, .1)
           + .5 * c.hill(0, i.nose_y, i.nose_width, .06)
           + .2 * c.hill(0, i.chin_y - .08, .1, .06))
    # blood colours the skin, lids and the hollows beside the nose are darker
    hollow = (.22 * c.hills(i.eye_spacing - .02, i.eye_y + .055, .09, .028)
              + .22 * c.hills(i.eye_spacing - .03, i.eye_y - .07, .1, .035)
              + .1 * c.hills(.075, i.eye_y - .02, .03, .07))
    mottle = 1 + .012 * _noise(rng, c, .09) + .012 * _noise(rng, c, .03)
    light = light * mottle * (1 - hollow)
    # nostrils, the crease around the wings, the shadow under the tip
    light = light * (1 - .62 * c.hills(i.nose_width * .45, i.nose_y + .04,
                                       i.nose_width * .2, .014))
    light *= 1 - .3 * c.hills(i.nose_width * 1.1, i.nose_y + .012, .014, .03)
    light *= 1 - .2 * c.hill(0, i.nose_y + .06, i.nose_width * .8, .016)
    light *= 1 - .13 * c.hill(0, i.mouth_y + .115, .1, .022)
    # light that has passed through skin is warm, so its shadows are
    image = tone * np.dstack([light**.9, light**1.03, light**1.08])
    image -= (np.array([-6, 14, 14], np.float32) * (tone / 255)) * red[..., None]
    image += gloss[..., None] * np.array([62, 58, 52], np.float32)
    return image


def _blend(image: np.ndarray, colour: np.ndarray, weight: np.ndarray) -> np.ndarray:
    return image + weight[..., None] * (colour - image)


def bake(identity: Identity, canvas_px: int) -> Surface:
    """Prepares the layers of one identity for frames of ``canvas_px`` pixels."""
    i = identity
    c = Canvas.of(round(canvas_px * EXTENT))
    rng = np.random.default_rng(i.texture_seed)
    outline = face_outline(i)
    face = c.polygon(outline)
    light, gloss = _shade(i, c, _relief(i, c, face))
    skin = _skin(i, c, light, gloss, rng)
    # body, then neck, ears and the hair behind them, then the face, then the hair before it
    layers = hair_layers.hair_masks(i, c)
    shoulders = c.polygon(smooth_polygon(mirrored([
        (.0, .88), (.24, .86), (.62, 1.0), (1.05, 1.12), (1.3, 1.5), (0, 1.5)])), .008)
    neck = c.polygon(smooth_polygon(mirrored([
        (.0, .3), (.36, .35), (.33, .8), (.42, 1.0), (.2, 1.1), (0, 1.12)]), 3), .008)
    ears = c.polygon(smooth_polygon(mirrored([
        (.0, -.16), (i.face_width * 1.06, -.17), (i.face_width + .1, -.12),
        (i.face_width + .09, .04), (i.face_width + .03, .16), (.0, .16)]), 3), .005)
    strands = hair_layers.strands(i, c, rng)
    tone = np.array(i.skin, np.float32)
    side = 1 + .25 * i.light_strength * math.sin(i.light_azimuth) * c.x
    cloth = np.array(i.clothes, np.float32) * (
        (.85 - .12 * np.clip(1.2 - c.y, 0, 1) + .05 * _noise(rng, c, .2)) * side)[..., None]
    under_chin = c.polygon(outline + [0, .13], .05)
    image = np.zeros((c.size_px, c.size_px, 3), np.float32)
    image = _blend(image, strands * .7, layers.back)
    image = _blend(image, cloth, shoulders)
    image = _blend(image, tone * ((.84 - .36 * under_chin) * side)[..., None], neck)
    image = _blend(image, tone * (.72 * side)[..., None] * [1.0, .93, .92], ears)
    image = _blend(image, skin, c.blur(face, .006))
    image = hair_layers.add_beard(image, i, c, face, rng)
    image = _blend(image, image * .72, c.blur(layers.front, .03) * face)
    image = _blend(image, strands, layers.front)
    through = np.ones_like(face)
    for mask in (layers.back, shoulders, neck, ears, c.blur(face, .006), layers.front):
        through *= 1 - mask
    rgba = np.dstack([image, (1 - through) * 255])
    return Surface(np.clip(rgba, 0, 255).astype(np.uint8), light.astype(np.float32),
                   skin_folds.fold_layers(i, c, 1 - layers.front), c)
