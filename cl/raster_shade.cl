/* SPDX-License-Identifier: MIT */
/*
 * raster_shade.cl: attributes, light and texture of one pixel. The formulas are those of
 * raster_cpu.cl, which does 8 pixels at a time. Where vectors are tested or stored this is written
 * so that Oclgrind 21.10 can check it: it stumbles over shuffles of booleans and of two lanes.
 *
 * Light: Phong reflection, a point light behind the camera (B. T. Phong, "Illumination for
 * computer generated pictures", 1975).
 */
#ifndef FM_RASTER_SHADE_CL
#define FM_RASTER_SHADE_CL

#include "raster_setup.cl"

/* What texels are blended in. Halves hold 0 to 255 to an eighth; a tuner may choose them where the
 * device computes with them. */
#ifdef FMK_HALF_ARITHMETIC
#pragma OPENCL EXTENSION cl_khr_fp16 : enable
typedef half fmk_part;
typedef half4 fmk_colour;
#define FMK_COLOUR_OF(bytes) convert_half4(bytes)
#define FMK_FLOATS_OF(colour) convert_float4(colour)
#else
typedef float fmk_part;
typedef float4 fmk_colour;
#define FMK_COLOUR_OF(bytes) convert_float4(bytes)
#define FMK_FLOATS_OF(colour) (colour)
#endif

/* Attributes at a pixel; head: (1/w, u/w, v/w, -), normal: (n.xyz / w, -). stretch, of the
 * trilinear filter: the part of uv space that a pixel at distance 1 would show. */
typedef struct fmk_surface {
    float4 head, normal;
#if FMK_TRILINEAR
    float stretch;
#endif
} fmk_surface;

typedef struct fmk_lit {
    float texel, white;
} fmk_lit;

FMK_INLINE float4 fmk_interpolate(float4 a0, float4 a1, float4 a2, float e1, float e2,
                                  float inverse) {
    return fma((float4)(e2), (a2 - a0) * inverse, fma((float4)(e1), (a1 - a0) * inverse, a0));
}

/* Determinant of three heads. Over the screen 1/w, u/w and v/w are planes; the determinant of the
 * derivatives of u and v is that of the planes times w^3, and the planes' is this over the
 * triangle's. */
FMK_INLINE float fmk_volume(float4 a0, float4 a1, float4 a2) {
    float4 p = a1 - a0, q = a2 - a0;
    return fma(a0.x, fma(p.y, q.z, -(p.z * q.y)),
               fma(a0.y, fma(p.z, q.x, -(p.x * q.z)), a0.z * fma(p.x, q.y, -(p.y * q.x))));
}

/* attr: two float4 a vertex. Perspective-correct: everything is divided by w. */
FMK_INLINE fmk_surface fmk_surface_at(__global const fmk_triangle *r, __global const float4 *attr,
                                      int x, int y) {
    float dx = (float)(x * FM_SUBPIXEL + FM_SUBPIXEL_HALF - r->px);
    float dy = (float)(y * FM_SUBPIXEL + FM_SUBPIXEL_HALF - r->py);
    float e1 = fma((float)r->e1_x, dx, (float)r->e1_y * dy);
    float e2 = fma((float)r->e2_x, dx, (float)r->e2_y * dy);
    float inverse = 1.0f / (float)fmk_determinant(r);
    __global const float4 *a0 = attr + 2 * (size_t)r->vertex0;
    __global const float4 *a1 = attr + 2 * (size_t)r->vertex1;
    __global const float4 *a2 = attr + 2 * (size_t)r->vertex2;
    fmk_surface s;
    s.head = fmk_interpolate(a0[0], a1[0], a2[0], e1, e2, inverse);
    s.normal = fmk_interpolate(a0[1], a1[1], a2[1], e1, e2, inverse);
#if FMK_SAMPLES != 1 /* the centre may lie outside the triangle */
    s.head.x = min(max(s.head.x, r->depth_min), r->depth_max);
#endif
#if FMK_TRILINEAR
    s.stretch = fabs(fmk_volume(a0[0], a1[0], a2[0])) * inverse * (FM_SUBPIXEL * FM_SUBPIXEL);
#endif
    return s;
}

/* Factors of the texel and of white. px, py: the pixel's offset from the picture's centre over the
 * focal length, y up. */
FMK_INLINE fmk_lit fmk_light_at(float px, float py, float w, float4 n) {
    float square = fma(n.x, n.x, fma(n.y, n.y, n.z * n.z));
    bool none = square <= 1.0e-30f;
    n *= rsqrt(none ? 1.0f : square);
    n = select(n, (float4)(0.0f, 0.0f, 1.0f, 0.0f), (int4)(none ? -1 : 0));
    /* The pixel's point is (px w, py w, -w); light at (0, 0, FM_LIGHT_BACK), camera at 0. */
    float vx = -px * w, vy = -py * w, lz = w + FM_LIGHT_BACK;
    float across = fma(vx, vx, vy * vy);
    float to_light = rsqrt(fma(lz, lz, across));
    float to_eye = rsqrt(fma(w, w, across));
    float sideways = fma(n.x, vx, n.y * vy);
    float n_l = fma(n.z, lz, sideways) * to_light;
    float n_v = fma(n.z, w, sideways) * to_eye;
    float l_v = fma(lz, w, across) * to_light * to_eye;
    float shine = max(fma(2.0f * n_l, n_v, -l_v), 0.0f);
    shine *= shine; /* six squarings: FM_LIGHT_SHININESS is 64 */
    shine *= shine;
    shine *= shine;
    shine *= shine;
    shine *= shine;
    shine *= shine;
    fmk_lit lit;
    lit.texel = fma(FM_LIGHT_DIFFUSE, max(n_l, 0.0f), FM_LIGHT_AMBIENT);
    lit.white = n_l > 0.0f ? FM_LIGHT_SPECULAR * shine : 0.0f;
    return lit;
}

/* Blend of both textures' texels of one pair (A in x, B in y); t4: the weight of B. */
FMK_INLINE fmk_colour fmk_lerp_texels(uint2 upper, uint2 lower, fmk_part fy, fmk_colour t4,
                                      bool b) {
    fmk_colour top = FMK_COLOUR_OF(as_uchar4(b ? upper.y : upper.x));
    fmk_colour low = FMK_COLOUR_OF(as_uchar4(b ? lower.y : lower.x));
    return fma((fmk_colour)(fy), low - top, top) * t4;
}

/* Bilinear fetch of both textures at one mip level, blended by t: 0 to 255. */
FMK_INLINE float4 fmk_fetch_at(__constant const fm_scene *scene, __global const uint2 *texels,
                               int level, float u, float v, float t) {
    __constant const fm_mip *mip = &scene->mip[level];
    float scale = as_float((127 - level) << 23);
    float tx = fma(min(max(u, 0.0f), 1.0f), (float)(scene->mip[0].width - 1), 0.5f);
    float ty = fma(1.0f - min(max(v, 0.0f), 1.0f), (float)(scene->mip[0].height - 1), 0.5f);
    tx = min(max(fma(tx, scale, -0.5f), 0.0f), (float)(mip->width - 1));
    ty = min(max(fma(ty, scale, -0.5f), 0.0f), (float)(mip->height - 1));
    int ix = (int)tx, iy = (int)ty;
    float fx = tx - (float)ix, fy = ty - (float)iy;
    texels += (size_t)mip->offset + (size_t)(iy * mip->pitch + ix);
    uint2 p00 = texels[0], p10 = texels[1], p01 = texels[mip->pitch], p11 = texels[mip->pitch + 1];
    fmk_part down = (fmk_part)fy, across = (fmk_part)fx;
    fmk_colour of_a = (fmk_colour)((fmk_part)(1.0f - t)), of_b = (fmk_colour)((fmk_part)t);
    fmk_colour left = fmk_lerp_texels(p00, p01, down, of_a, false);
    fmk_colour right = fmk_lerp_texels(p10, p11, down, of_a, false);
    fmk_colour colour = fma((fmk_colour)(across), right - left, left);
    left = fmk_lerp_texels(p00, p01, down, of_b, true);
    right = fmk_lerp_texels(p10, p11, down, of_b, true);
    return FMK_FLOATS_OF(colour + fma((fmk_colour)(across), right - left, left));
}

/* Texture level of a pixel: half the logarithm of the texels of level 0 it shows, where that is a
 * number. */
FMK_INLINE float fmk_exact_level(__constant const fm_scene *scene, float stretch, float w) {
    float texels = stretch * (float)(scene->mip[0].width - 1) * (float)(scene->mip[0].height - 1);
    float level = fma(1.5f, log2(w), 0.5f * log2(texels));
    return isfinite(level) ? min(max(level, 0.0f), (float)(scene->mips - 1u)) : 0.0f;
}

/* The two levels around an exact one, blended. */
FMK_INLINE float4 fmk_fetch_between(__constant const fm_scene *scene, __global const uint2 *texels,
                                    float level, float u, float v, float t) {
    int first = (int)level, last = (int)scene->mips - 1;
    float4 colour = (float4)(0.0f);
    for (int k = 0; k < 2; ++k) {
        float share = k == 0 ? (float)(first + 1) - level : level - (float)first;
        float4 of_level = fmk_fetch_at(scene, texels, min(first + k, last), u, v, t);
        colour = fma((float4)(share), of_level, colour);
    }
    return colour;
}

/* RGBA bytes of a lit colour (0 to 255, any value), alpha 255. *clipped: a channel was above 1. */
FMK_INLINE uint fmk_pack_pixel(float4 colour, __private bool *clipped) {
    *clipped = fmax(fmax(colour.x, colour.y), colour.z) > 255.0f;
    float4 c = min(max(colour, (float4)(0.0f)), (float4)(255.0f)) + (float4)(0.5f);
    return (uint)c.x | (uint)c.y << 8 | (uint)c.z << 16 | 0xff000000u;
}

#endif
