/* SPDX-License-Identifier: MIT */
/* Colours of skin, hair and eyes. Values are those of the picture file (sRGB), 0 to 1. */
#include "sample_paint.h"

#include "sample_noise.h"

static float clampf(float x, float lo, float hi) {
    return x < lo ? lo : x > hi ? hi : x;
}
static float rampf(float x, float lo, float hi) {
    float t = clampf((x - lo) / (hi - lo), 0.0F, 1.0F);
    return t * t * (3.0F - 2.0F * t);
}
static float bellf(float x) {
    float q = 1.0F - x * x;
    return q > 0.0F ? q * q : 0.0F;
}
static void mix_to(fmi_colour *c, fmi_colour to, float w) {
    c->r += (to.r - c->r) * w;
    c->g += (to.g - c->g) * w;
    c->b += (to.b - c->b) * w;
}
static void darken(fmi_colour *c, float r, float g, float b) {
    c->r *= r;
    c->g *= g;
    c->b *= b;
}

static float spot(fmi_v3 p, fmi_v3 centre, fmi_v3 radius) {
    double x = (p.x - centre.x) / radius.x, y = (p.y - centre.y) / radius.y;
    double z = (p.z - centre.z) / radius.z, q = 1.0 - x * x - y * y - z * z;
    return q > 0 ? (float)(q * q) : 0.0F;
}

/** Share of the directions above a point that is free, from the field along the normal. */
static float openness(fmi_v3 p, fmi_v3 normal) {
    static const double reach[] = {2.0, 5.0, 11.0, 22.0}, weight[] = {0.30, 0.30, 0.25, 0.15};
    double closed = 0;
    for (int i = 0; i < 4; i++) {
        double f = fmi_head_field(fmi_v3_add(p, fmi_v3_scale(normal, reach[i])));
        closed += weight[i] * fmi_clamp(1.0 - f / reach[i], 0.0, 1.0);
    }
    return (float)(1.0 - closed);
}

fmi_skin_node fmi_skin_node_at(fmi_v3 p) {
    fmi_v3 normal = fmi_head_normal(p), q = {fabs(p.x), p.y, p.z};
    fmi_skin_node n = {.x = (float)p.x, .y = (float)p.y, .z = (float)p.z};
    n.open = openness(p, normal);
    if (q.x > 66.0) /* the folds of the ear are deep for their width */
        n.open = fmi_noise_mix(n.open, n.open * n.open, 0.7F * (float)fmi_ramp(q.x, 66.0, 74.0));
    n.up = (float)normal.y;
    /* no hair on the ears, which stand out from the skull */
    n.hair = (float)(fmi_hair_depth(q) - 40.0 * fmi_ramp(q.x, 74.5, 77.5) * fmi_ramp(q.y, 20, 14));
    n.blush = 0.6F * spot(q, (fmi_v3){46, -30, 70}, (fmi_v3){36, 30, 44}) +
              0.5F * spot(q, (fmi_v3){4, -38, 110}, (fmi_v3){22, 18, 22}) +
              0.8F * spot(q, (fmi_v3){84, -17, -16}, (fmi_v3){20, 44, 32}) +
              0.3F * spot(q, (fmi_v3){0, -100, 96}, (fmi_v3){26, 18, 26});
    n.pale = spot(q, (fmi_v3){0, 46, 92}, (fmi_v3){50, 34, 40}) +
             0.7F * spot(q, (fmi_v3){0, -10, 102}, (fmi_v3){9, 30, 20}) +
             0.5F * spot(q, (fmi_v3){40, -18, 80}, (fmi_v3){18, 10, 24});
    n.socket = 0.8F * spot(q, (fmi_v3){28, 4, 86}, (fmi_v3){26, 15, 24}) +
               0.6F * spot(q, (fmi_v3){24, -10, 86}, (fmi_v3){17, 9, 20});
    float jaw = spot(q, (fmi_v3){20, -86, 76}, (fmi_v3){62, 42, 92});
    float lip = spot(q, (fmi_v3){0, -55, 102}, (fmi_v3){32, 12, 30});
    n.beard = clampf(2.2F * jaw + 2.0F * lip, 0.0F, 1.0F) *
              (float)fmi_ramp(p.y, -42 - 0.25 * q.x, -54 - 0.35 * q.x);
    n.freckle = clampf(1.6F * spot(q, (fmi_v3){32, -26, 80}, (fmi_v3){42, 26, 50}) +
                           spot(q, (fmi_v3){0, -20, 104}, (fmi_v3){22, 26, 30}),
                       0.0F, 1.0F);
    return n;
}

/** Tone of the bare skin: blood below it, hollows, grain. */
static fmi_colour bare_skin(const fmi_identity *id, const fmi_skin_node *n) {
    fmi_colour c = id->skin;
    uint32_t s = id->noise;
    float wide = fmi_noise(n->x * 0.045F, n->y * 0.045F, n->z * 0.045F, s);
    float patch = fmi_noise(n->x * 0.17F, n->y * 0.17F, n->z * 0.17F, s + 1);
    float blotch = fmi_noise(n->x * 0.5F, n->y * 0.5F, n->z * 0.5F, s + 2);
    float grain = fmi_noise(n->x * 1.3F, n->y * 1.3F, n->z * 1.3F, s + 3);
    float pore = fmi_noise(n->x * 2.6F, n->y * 2.6F, n->z * 2.6F, s + 4);
    mix_to(&c, id->blush, clampf(n->blush * (0.55F + 0.25F * patch) + 0.05F * blotch, 0, 1));
    float light = 1.0F + 0.045F * n->pale + 0.03F * wide + 0.022F * patch + 0.02F * blotch +
                  0.022F * grain + 0.025F * pore;
    float red = 0.012F * patch + 0.012F * blotch;
    darken(&c, light * (1.0F + red), light, light * (1.0F - red));
    float eye = clampf(n->socket * (0.9F + 0.3F * patch), 0, 1);
    darken(&c, 1.0F - 0.16F * eye, 1.0F - 0.22F * eye, 1.0F - 0.18F * eye);
    return c;
}

/** Round spots, one to a cell of the front view: how deep inside one a point is, 0 to 1. */
static float freckle_at(float x, float y, uint32_t seed) {
    int32_t ix = fmi_noise_floor(x), iy = fmi_noise_floor(y);
    float deepest = 0.0F;
    for (int32_t k = 0; k < 9; k++) {
        int32_t cx = ix + k % 3 - 1, cy = iy + k / 3 - 1;
        float px = (float)cx + 0.5F + 0.45F * fmi_noise_value(cx, cy, 0, seed);
        float py = (float)cy + 0.5F + 0.45F * fmi_noise_value(cx, cy, 1, seed);
        float size = 0.10F + 0.16F * fmi_noise_value(cx, cy, 2, seed); /* many have none */
        float d2 = (x - px) * (x - px) + (y - py) * (y - py);
        float depth = size > 0.02F ? rampf(sqrtf(d2) / size, 1.3F, 0.5F) : 0.0F;
        deepest = depth > deepest ? depth : deepest;
    }
    return deepest;
}

static void add_freckles(fmi_colour *c, const fmi_identity *id, const fmi_skin_node *n) {
    if (id->freckles * n->freckle <= 0.02F)
        return;
    float w = freckle_at(n->x * 0.30F, n->y * 0.34F, id->noise + 20);
    w *= id->freckles * n->freckle;
    darken(c, 1.0F - 0.16F * w, 1.0F - 0.28F * w, 1.0F - 0.34F * w);
}

static void add_stubble(fmi_colour *c, const fmi_identity *id, const fmi_skin_node *n) {
    float w = id->stubble * n->beard;
    if (w <= 0.02F)
        return;
    float dots = fmi_noise(n->x * 2.1F, n->y * 1.5F, n->z * 2.1F, id->noise + 30);
    float patch = fmi_noise(n->x * 0.3F, n->y * 0.3F, n->z * 0.3F, id->noise + 31);
    mix_to(c, id->hair,
           clampf(w * (0.30F + 0.10F * patch + 0.45F * rampf(dots, 0.1F, 0.7F)), 0, 1));
}

static void add_lips(fmi_colour *c, const fmi_identity *id, const fmi_skin_node *n) {
    float x = n->x < 0 ? -n->x : n->x;
    if (n->z < 72.0F || n->y > -52.0F || n->y < -88.0F || x > 30.0F)
        return;
    double dx = (double)x;
    float upper = (float)fmi_lip_upper(dx), lower = (float)fmi_lip_lower(dx);
    float line = (float)fmi_mouth_line(dx), side = rampf(x, 26.0F, 20.0F);
    float edge = 0.5F * fmi_noise(n->x * 0.7F, n->y * 0.7F, n->z * 0.7F, id->noise + 40);
    float red = rampf(upper - n->y + edge, -1.0F, 1.2F) * rampf(n->y - lower + edge, -1.0F, 1.8F);
    float crease = fmi_noise(n->x * 1.1F, n->y * 0.13F, 0.5F, id->noise + 41);
    fmi_colour lip = id->lips;
    float tone = (n->y > line ? 0.93F : 1.04F) * (1.0F + 0.07F * crease);
    darken(&lip, tone, tone, tone);
    mix_to(c, lip, 0.72F * red * side);
    float gap = bellf((n->y - line) / 1.3F) * rampf(x, 27.0F, 20.0F);
    darken(c, 1.0F - 0.45F * gap, 1.0F - 0.55F * gap, 1.0F - 0.53F * gap);
}

/** Lashes, the crease above them and the moist rim. */
static void add_lids(fmi_colour *c, const fmi_identity *id, const fmi_skin_node *n) {
    float x = n->x < 0 ? -n->x : n->x;
    if (n->z < 62.0F || n->y > 16.0F || n->y < -14.0F || x < 12.0F || x > 52.0F)
        return;
    double dx = (double)x;
    float above = n->y - (float)fmi_eye_upper(dx), below = (float)fmi_eye_lower(dx) - n->y;
    float width = rampf(x, 15.5F, 19.0F) * rampf(x, 47.5F, 44.0F);
    float crease = bellf((above - 3.6F) / 1.5F) * rampf(x, 15, 22) * rampf(x, 49.0F, 42.0F);
    darken(c, 1.0F - 0.22F * crease, 1.0F - 0.28F * crease, 1.0F - 0.26F * crease);
    if (above < 0 && below < 0 && fmi_eye_open_at(dx))
        mix_to(c, (fmi_colour){0.55F, 0.33F, 0.29F}, 0.7F * rampf(-above, 0, 0.5F));
    float lash = rampf(above, -0.5F, 0.0F) * rampf(above, 1.5F, 0.3F) * width;
    float hairs = fmi_noise(n->x * 2.0F, n->y * 0.3F, 3.5F, id->noise + 50);
    mix_to(c, (fmi_colour){0.09F, 0.06F, 0.05F}, clampf(lash * (0.85F + 0.3F * hairs), 0, 0.95F));
    float low = rampf(below, -0.4F, 0.1F) * rampf(below, 1.2F, 0.2F) * width;
    mix_to(c, (fmi_colour){0.16F, 0.10F, 0.08F}, clampf(low * (0.4F + 0.3F * hairs), 0, 1));
}

static void add_brows(fmi_colour *c, const fmi_identity *id, const fmi_skin_node *n) {
    float x = n->x < 0 ? -n->x : n->x;
    if (n->z < 55.0F || n->y > 34.0F || n->y < 6.0F || x < 6.0F || x > 56.0F)
        return;
    float u = (x - 10.0F) / 42.0F; /* 0 at the nose, 1 at the temple */
    float middle = 15.0F + 9.5F * u - 12.0F * u * u * u, thick = 5.6F - 3.2F * u * u;
    float lean = 0.25F + 1.6F * clampf(u, 0.0F, 1.0F); /* hairs lean outwards */
    float across = x - (n->y - middle) * lean, along = n->y - middle + 0.4F * x;
    float hairs = fmi_noise(across * 1.15F, along * 0.16F, n->x < 0 ? 7.5F : 0.5F, id->noise + 60);
    float fine = fmi_noise(across * 2.4F, along * 0.3F, n->x < 0 ? 7.5F : 0.5F, id->noise + 61);
    float wave = 0.8F * fmi_noise(n->x * 0.4F, n->y * 0.2F, 1.5F, id->noise + 62);
    float body = rampf(fabsf(n->y - middle + wave) / thick, 1.15F, 0.35F);
    body *= rampf(u, -0.14F, 0.18F) * rampf(u, 1.06F, 0.80F);
    float w = body * id->brow_weight * clampf(0.74F + 0.42F * hairs + 0.22F * fine, 0, 1);
    fmi_colour dark = id->hair;
    darken(&dark, 0.9F, 0.9F, 0.9F);
    mix_to(c, dark, clampf(1.05F * w, 0, 0.96F));
}

/** How far hair hides the skin, 0 to 1. */
static float hair_cover(const fmi_identity *id, const fmi_skin_node *n, float across, float along) {
    if (n->hair < -8.0F)
        return 0.0F;
    if (n->hair > 17.0F)
        return 1.0F;
    float ragged = 3.0F * fmi_noise(n->x * 0.12F, n->y * 0.12F, n->z * 0.12F, id->noise + 70) +
                   2.0F * fmi_noise(across * 900.0F, along * 40.0F, 0.5F, id->noise + 71);
    return rampf(n->hair + ragged, -3.0F, 11.0F);
}

static fmi_colour hair_colour(const fmi_identity *id, const fmi_skin_node *n, float across,
                              float along, float *strand) {
    *strand = fmi_noise(across * 700.0F, along * 30.0F, 0.5F, id->noise + 72);
    float thin = fmi_noise(across * 1500.0F, along * 60.0F, 2.5F, id->noise + 73);
    float lock = fmi_noise(n->x * 0.09F, n->y * 0.09F, n->z * 0.09F, id->noise + 74);
    float tone = 1.0F + 0.28F * *strand + 0.2F * thin + 0.14F * lock;
    fmi_colour hair = id->hair;
    darken(&hair, tone, tone, tone);
    return hair;
}

static void add_nostrils(fmi_colour *c, const fmi_skin_node *n) {
    if (n->z < 90.0F || n->y < -53.0F || n->y > -38.0F)
        return;
    float x = ((n->x < 0 ? -n->x : n->x) - 7.2F) / 4.4F, y = (n->y + 46.0F) / 4.2F;
    float z = (n->z - 102.5F) / 6.5F, w = rampf(x * x + y * y + z * z, 1.0F, 0.45F);
    mix_to(c, (fmi_colour){0.10F, 0.045F, 0.04F}, 0.85F * w);
}

/** Skin with everything on it but the hair of the head. */
static fmi_colour made_up_skin(const fmi_identity *id, const fmi_skin_node *n) {
    fmi_colour c = bare_skin(id, n);
    add_freckles(&c, id, n);
    add_stubble(&c, id, n);
    add_lips(&c, id, n);
    add_brows(&c, id, n);
    return c;
}

fmi_colour fmi_paint_skin(const fmi_identity *id, const fmi_skin_node *n, float across,
                          float along) {
    float cover = hair_cover(id, n, across, along);
    fmi_colour c = id->skin;
    if (cover < 1.0F)
        c = made_up_skin(id, n);
    if (cover > 0.0F) {
        float strand;
        fmi_colour hair = hair_colour(id, n, across, along, &strand);
        mix_to(&c, hair, clampf(cover * (0.93F + 0.25F * strand), 0.0F, 0.97F));
    }
    /* hollows are darker and redder, what faces up a little lighter, as in evenly lit photographs
     */
    float shade = clampf(1.12F * n->open + 0.02F, 0.0F, 1.0F), up = 1.0F + 0.07F * n->up;
    darken(&c, up * (0.30F + 0.70F * shade), up * (0.18F + 0.82F * shade),
           up * (0.16F + 0.84F * shade));
    add_lids(&c, id, n);
    add_nostrils(&c, n);
    return c;
}

/** Iris by its own radius (0 pupil centre, 1 limbus) and the turn around it. */
static fmi_colour paint_iris(const fmi_identity *id, float radius, float sine, float cosine) {
    fmi_colour c = id->iris;
    float fibre = fmi_noise(sine * 9.0F, cosine * 9.0F, radius * 1.5F, id->noise + 80);
    float fine = fmi_noise(sine * 19.0F, cosine * 19.0F, radius * 2.5F, id->noise + 81);
    float tone = 1.0F + 0.22F * fibre + 0.16F * fine + 0.15F * bellf((radius - 0.5F) / 0.28F);
    tone *= 1.0F - 0.6F * rampf(radius, 0.72F, 1.0F); /* dark ring at the limbus */
    darken(&c, tone, tone, tone);
    mix_to(&c, (fmi_colour){0.02F, 0.02F, 0.02F}, rampf(radius, 0.44F, 0.36F));
    return c;
}

fmi_colour fmi_paint_eye(const fmi_identity *id, int side, fmi_v3 d) {
    float x = (float)d.x, y = (float)d.y, off = sqrtf(x * x + y * y);
    float vein = fmi_noise(x * 14.0F, y * 14.0F, (float)d.z * 14.0F, id->noise + 90);
    float red = rampf(off, 0.35F, 0.95F);
    fmi_colour c = {0.80F, 0.77F, 0.74F};
    mix_to(&c, (fmi_colour){0.78F, 0.58F, 0.52F}, red * (0.45F + 0.25F * bellf(vein * 5.0F)));
    if (d.z > 0.0) {
        const float iris = 0.47F;
        float inside = rampf(off, iris + 0.012F, iris - 0.03F), by = off > 1e-6F ? 1.0F / off : 0;
        mix_to(&c, paint_iris(id, off / iris, y * by, x * by), inside);
    }
    /* the lids throw their shade on the ball */
    double at = FMI_EYE_X + FMI_EYE_RADIUS * d.x * side, height = FMI_EYE_RADIUS * d.y;
    float above = (float)(fmi_eye_upper(at) - height), below = (float)(height - fmi_eye_lower(at));
    float shade = (1.0F - 0.5F * rampf(above, 4.5F, -0.5F)) * (1.0F - 0.2F * rampf(below, 2, 0));
    darken(&c, shade, shade, shade);
    return c;
}
