
/*
 * Copyright (C) nginx-idv authors
 *
 * A worker dies inside a change of the zone, after each single instruction of
 * it: whoever comes next finds every flow as it was before or as it is after,
 * nothing lost, nothing linked twice, no words of a flow that is gone, and can
 * go on.
 *
 * The change is made by a child that is traced, one instruction at a time.
 * After each that wrote to the zone, a copy of the zone is what a worker would
 * have left that died there.
 */


#include "store_changes.h"

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>


#define STEPS  4000000


static house_t      left;
static ngx_pool_t  *pool;
static size_t       size;            /* of the root and all behind it */
static u_char      *was, *is;
static ngx_uint_t   wrong;
static const char  *what;


/* the same complaint once for each change */

static void
complain(const char *fmt, ...)
{
    va_list             args;
    static const char  *said;

    wrong++;

    if (said == fmt) {
        return;
    }

    said = fmt;

    printf("# %s: ", what);
    va_start(args, fmt);
    vprintf(fmt, args);
    va_end(args);
    printf("\n");
}


#define must(condition, ...)                                                  \
    if (!(condition)) { complain(__VA_ARGS__); }


static ngx_uint_t
blank(const void *p, size_t len)
{
    const u_char  *c = p;

    return len == 0 || (c[0] == 0 && memcmp(c, c + 1, len - 1) == 0);
}


/* each node and each slot is in its places, and once */

static void
check_links(idv_store_root_t *root)
{
    uint32_t           i, *heads;
    ngx_uint_t         k, n, used, slots, taken;
    idv_store_node_t  *node;

    used = 0;
    taken = 0;

    for (i = 1; i <= root->nnodes; i++) {
        node = idv_store_node(root, i);
        used += node->used;
        taken += node->used && node->claims;

        must(node->used || blank(&node->flow, sizeof(idv_flow_t)),
             "a free node has words in it");
        must(node->used || node->claims == 0, "a free node has claims");
    }

    must(root->used_nodes == used, "%u nodes counted, %u there",
         (unsigned) root->used_nodes, (unsigned) used);

    for (n = 0, i = root->free_node; i && n <= root->nnodes; n++) {
        node = idv_store_node(root, i);
        must(!node->used, "a node is used and free");
        i = idv_store_free_next(i, node->id_next, root->nnodes);
    }

    must(n == root->nnodes - used, "%u nodes are free", (unsigned) n);

    for (k = 0; k < 2; k++) {
        heads = (uint32_t *) ((u_char *) root + (k ? root->subjects
                                                   : root->ids));

        for (n = 0, i = 0; i < root->nbuckets; i++) {
            uint32_t  j = heads[i];

            for ( /* void */ ; j && n <= root->nnodes; n++) {
                node = idv_store_node(root, j);
                must(node->used, "a free node is linked");
                j = k ? node->subject_next : node->id_next;
            }
        }

        must(n == used, "%u nodes in the buckets %u", (unsigned) n,
             (unsigned) k);
    }

    for (n = 0, k = 0; k < IDV_STORE_NCLASSES; k++) {
        uint32_t  newer = 0;

        for (i = root->queues[k].newest; i && n <= root->nnodes; n++) {
            node = idv_store_node(root, i);
            must(node->used && node->class == k && node->newer == newer,
                 "a node stands wrong in a queue");
            newer = i;
            i = node->older;
        }

        must(root->queues[k].oldest == newer, "a queue has a wrong end");
    }

    must(n == used, "%u nodes in the queues", (unsigned) n);

    for (slots = 0, i = root->free_claims; i && slots <= root->nclaims;
         slots++)
    {
        must(idv_store_slot(root, i)->len == 0
             && blank(idv_store_slot(root, i)->text, IDV_STORE_MAX_CLAIMS),
             "free claims have words in them");
        i = idv_store_free_next(i, idv_store_slot(root, i)->next,
                                root->nclaims);
    }

    must(slots == root->nclaims - taken, "%u claims are free, %u taken",
         (unsigned) slots, (unsigned) taken);

    must(root->dirty == 0 && root->undo_node == 0, "not mended");
    must(blank(&root->undo, sizeof(idv_flow_t)),
         "words of a flow that was overwritten");
}


/* a flow and its claims, from one of the three zones */

static ngx_int_t
look(u_char *image, ngx_uint_t n, idv_flow_t *flow, ngx_str_t *claims)
{
    ngx_memcpy(left.store->root, image, size);

    if (load(&left, n, flow) != NGX_OK) {
        ngx_str_null(claims);
        return NGX_DECLINED;
    }

    (void) idv_store_claims(left.store, flow, pool, claims);

    return NGX_OK;
}


static ngx_uint_t
same(ngx_int_t rc, idv_flow_t *flow, ngx_str_t *claims, ngx_int_t rc2,
    idv_flow_t *flow2, ngx_str_t *claims2)
{
    if (rc != rc2) {
        return 0;
    }

    if (rc != NGX_OK) {
        return 1;
    }

    if (ngx_memcmp(flow, flow2, sizeof(idv_flow_t)) != 0) {
        return 0;
    }

    /* nobody looks at claims before the flow is completed */

    return flow->state != IDV_STATE_COMPLETED
           || (claims->len == claims2->len
               && ngx_memcmp(claims->data, claims2->data, claims->len) == 0);
}


/* what is granted until all is spent */

static ngx_uint_t
granted(void)
{
    ngx_int_t   wait;
    ngx_uint_t  n, which;

    for (n = 0; n < 9; n++) {
        if (idv_store_spend(left.store, 7, limits, NLIMITS, &which, &wait)
            != NGX_OK)
        {
            break;
        }
    }

    return n;
}


/* how many failures it takes until there is a lock */

static ngx_uint_t
bearable(void)
{
    ngx_int_t   wait;
    ngx_uint_t  n, which;

    for (n = 0; n < 9; n++) {
        if (idv_store_ask(left.store, 7, &lockout, 1, &which, &wait)
            != NGX_OK)
        {
            break;
        }

        (void) idv_store_strike(left.store, 7, &lockout);
    }

    return n;
}


#define NKEYS  3

/* what there is besides flows */

typedef struct {
    ngx_uint_t  revoked[NKEYS];
    ngx_uint_t  granted;
    ngx_uint_t  bearable;
} rest_t;

static rest_t  rest_before, rest_after;


static void
ask_rest(rest_t *rest)
{
    ngx_uint_t            i;
    static const u_char  *keys[NKEYS] = { key, other, third };

    for (i = 0; i < NKEYS; i++) {
        rest->revoked[i] = idv_store_revoked(left.store, keys[i], none, NOW,
                                             NOW);
    }

    rest->granted = granted();
    rest->bearable = bearable();
}


#define NIDS  512   /* more than there are nodes */

typedef struct {
    ngx_int_t   rc;
    idv_flow_t  flow;
    ngx_str_t   claims;
    u_char      text[IDV_STORE_MAX_CLAIMS];
} seen_t;

static seen_t  before[NIDS], after[NIDS];


static void
remember(u_char *image, seen_t *seen, rest_t *rest)
{
    ngx_uint_t  n;

    ngx_memcpy(left.store->root, image, size);
    ask_rest(rest);

    for (n = 0; n < NIDS; n++) {
        seen[n].rc = look(image, n, &seen[n].flow, &seen[n].claims);

        if (seen[n].claims.len) {
            ngx_memcpy(seen[n].text, seen[n].claims.data, seen[n].claims.len);
            seen[n].claims.data = seen[n].text;
        }
    }
}


static void
check_flows(void)
{
    ngx_int_t   rc;
    ngx_str_t   claims;
    ngx_uint_t  n, found;
    idv_flow_t  flow;

    for (found = 0, n = 0; n < NIDS; n++) {
        rc = load(&left, n, &flow);
        ngx_str_null(&claims);
        found += (rc == NGX_OK);

        if (rc == NGX_OK) {
            (void) idv_store_claims(left.store, &flow, pool, &claims);
        }

        must(same(rc, &flow, &claims, before[n].rc, &before[n].flow,
                  &before[n].claims)
             || same(rc, &flow, &claims, after[n].rc, &after[n].flow,
                     &after[n].claims),
             "flow %u is neither what it was nor what it became (%d, %s)",
             (unsigned) n, (int) rc, idv_flow_state_name(flow.state));
    }

    must(found == left.store->root->used_nodes,
         "%u flows are there, %u are known",
         (unsigned) left.store->root->used_nodes, (unsigned) found);
}


static void
check_rest(void)
{
    rest_t      rest;
    ngx_uint_t  i;

    ask_rest(&rest);

    for (i = 0; i < NKEYS; i++) {
        must(rest.revoked[i] == rest_before.revoked[i]
             || rest.revoked[i] == rest_after.revoked[i],
             "a revocation is lost");
    }

    must(rest.granted == rest_before.granted
         || rest.granted == rest_after.granted,
         "%u transactions are granted", (unsigned) rest.granted);

    must(rest.bearable == rest_before.bearable
         || rest.bearable == rest_after.bearable,
         "%u failures lock", (unsigned) rest.bearable);
}


/* a token is whole, or there is none */

static void
check_token(void)
{
    u_char            buf[IDV_STORE_PEER_MAX_TOKEN];
    ngx_int_t         rc;
    idv_peer_token_t  token;

    rc = idv_store_peer_token_get(left.store, 7, 7, 1000, NOW, buf, &token);

    must(rc == NGX_DECLINED
         || (rc == NGX_OK && token.len == ngx_strlen(claims_of('t'))
             && ngx_memcmp(buf, claims_of('t'), token.len) == 0),
         "a token is there in part (%d)", (int) rc);
}


/* others go on with what is there */

static void
check_work(void)
{
    ngx_int_t   rc;
    ngx_str_t   claims;
    idv_flow_t  flow;

    flow_of(&flow, 401);
    rc = idv_store_create(left.store, &flow, NOW);
    must(rc == NGX_OK, "a new flow: %d", (int) rc);

    flow.state = IDV_STATE_COMPLETED;
    claims.data = (u_char *) claims_of('z');
    claims.len = ngx_strlen(claims.data);

    rc = idv_store_save(left.store, &flow, &claims);
    must(rc == NGX_OK, "a result: %d", (int) rc);

    check_links(left.store->root);
}


/* what providers have in common is large, and comes last in the root */

static ngx_uint_t
differ(idv_store_root_t *a, idv_store_root_t *b)
{
    size_t  peers, rest;

    peers = offsetof(idv_store_root_t, peers);
    rest = sizeof(idv_store_root_t);

    return ngx_memcmp(a, b, peers + sizeof(idv_store_peer_t)) != 0
           || ngx_memcmp((u_char *) a + rest, (u_char *) b + rest, size - rest)
              != 0;
}


/* the zone as it is now, to be taken over */

static void
look_at(idv_store_root_t *root)
{
    ngx_memcpy(left.store->root, root, size);

    idv_store_lock(left.store);
    idv_store_unlock(left.store);

    check_links(left.store->root);
    check_flows();
    check_rest();
    check_token();
    check_work();

    ngx_reset_pool(pool);
}


static void
die_everywhere(const change_t *change)
{
    int                status;
    pid_t              pid;
    ngx_uint_t         steps, looks;
    idv_store_root_t  *root;

    root = live.store->root;
    what = change->name;
    wrong = 0;

    ngx_memzero((u_char *) root + root->nodes, size - root->nodes);
    idv_store_recover(live.store);
    ngx_memzero((void *) root->filter, sizeof(root->filter));
    ngx_memzero(&root->undo, sizeof(idv_flow_t));
    root->hand = 0;
    root->sweep = 0;

    change->before();

    /* how it would end */

    ngx_memcpy(was, root, size);
    change->change();
    ngx_memcpy(is, root, size);
    ngx_memcpy(root, was, size);

    remember(was, before, &rest_before);
    remember(is, after, &rest_after);
    ngx_reset_pool(pool);

    pid = fork();

    if (pid == 0) {
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == -1) {
            _exit(1);
        }

        ngx_pid = getpid();
        raise(SIGSTOP);
        change->change();
        raise(SIGSTOP);
        _exit(0);
    }

    if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status)) {
        ok(0, "%s: the child is traced", change->name);
        return;
    }

    looks = 0;

    for (steps = 0; steps < STEPS; steps++) {

        if (ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) == -1
            || waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status)
            || WSTOPSIG(status) == SIGSTOP)
        {
            break;
        }

        if (!differ(root, (idv_store_root_t *) is)) {
            continue;
        }

        ngx_memcpy(is, root, size);
        looks++;
        look_at(root);
    }

    kill(pid, SIGKILL);
    (void) waitpid(pid, &status, 0);

    printf("# %s: %u instructions, %u states\n", change->name,
           (unsigned) steps, (unsigned) looks);

    ok(wrong == 0 && looks > 0 && steps < STEPS, "%s", change->name);
}


int
main(void)
{
    ngx_uint_t           i;
    ngx_conf_t           cf;
    static ngx_cycle_t   cycle;

    pool = tap_pool();

    for (i = ngx_pagesize; i >>= 1; ngx_pagesize_shift++) { /* void */ }

    ngx_slab_sizes_init();

    ((ngx_time_t *) ngx_cached_time)->sec = NOW;

    ngx_pid = getpid();
    ngx_ncpu = 2;

    cycle.log = tap_log();
    cycle.pool = pool;
    ngx_cycle = &cycle;

    ngx_memzero(&cf, sizeof(cf));
    cf.cycle = &cycle;
    cf.pool = ngx_create_pool(4096, cycle.log);
    cf.log = cycle.log;

    (void) ngx_list_init(&cycle.shared_memory, cf.pool, 2,
                         sizeof(ngx_shm_zone_t));

    build(&live, &cf, "live");
    build(&left, &cf, "left");

    size = live.mem + IDV_STORE_MIN_SIZE - (u_char *) live.store->root;

    was = ngx_alloc(size, cycle.log);
    is = ngx_alloc(size, cycle.log);

    for (i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        die_everywhere(&changes[i]);
    }

    return tap_done();
}
