
/*
 * Copyright (C) nginx-idv authors
 *
 * nginx in this process: configured, its processes' hooks run, but without an
 * event loop.  What the loop would do is done by house_run() and house_wait().
 */


#include "fuzz.h"

#include <ngx_event.h>
#include <sys/stat.h>


#define HOUSE_MAX_ZONES  4
#define HOUSE_MAX_STEPS  1000        /* of one input, each posted or timed */
#define HOUSE_LAST       3600000     /* ms in which every timer is over */


typedef struct {
    u_char      *addr;
    u_char      *saved;
    size_t       size;
} house_zone_t;


int RAND_bytes(unsigned char *buf, int len);


ngx_pool_t              *house_pool;
ngx_uint_t               house_used;
char                     house_prefix[256];

static house_zone_t      house_zones[HOUSE_MAX_ZONES];
static ngx_uint_t        house_nzones;
static ngx_time_t        house_time;
static ngx_log_t         house_log;
static ngx_open_file_t   house_stderr;
static uint64_t          house_seed;
static ngx_uint_t        house_free;         /* connections */
static ngx_str_t         house_input;
static ngx_uint_t        house_ready;


static const char  house_conf[] =
    "daemon off;\n"
    "master_process off;\n"
    "error_log stderr info;\n"
    "pid nginx.pid;\n"
    "events { worker_connections 16; }\n"
    "http {\n"
    "  access_log off;\n"
    "  client_body_temp_path temp/body;\n"
    "  proxy_temp_path temp/proxy;\n"
    "  fastcgi_temp_path temp/fastcgi;\n"
    "  uwsgi_temp_path temp/uwsgi;\n"
    "  scgi_temp_path temp/scgi;\n"
    "  tcp_nodelay off;\n"
    "  lingering_close off;\n"
    "  underscores_in_headers on;\n"
    "  idv_zone flows:512k;\n"
    "  idv_service_zone service:256k;\n"
    "  idv_provider house {\n"
    "    environment_id 0f6d2c1e-3b58-4a7e-9c40-5d21b7a8e913;\n"
    "    api_url http://127.0.0.1:1/v1;\n"
    "    auth_url http://127.0.0.1:1;\n"
    "    client_id worker;\n"
    "    client_secret_file secret;\n"
    "    session_key_file key;\n"
    "    session_key_file old;\n"
    "    verify_policy a3c0b6a5-0c9f-49b3-8a77-3a3c9a2f4d11;\n"
    "    claim city /_embedded/verifiedData/0/data/addressCity;\n"
    "    claim check /transactionStatus/verificationStatus/FACE;\n"
    "    cors_origin https://app.example.com;\n"
    "    poll_wait 2s;\n"
    "    attempts 2;\n"
    "  }\n"
    "  idv_provider strict {\n"
    "    environment_id 0f6d2c1e-3b58-4a7e-9c40-5d21b7a8e913;\n"
    "    api_url http://127.0.0.1:1/v1;\n"
    "    auth_url http://127.0.0.1:1;\n"
    "    client_id worker;\n"
    "    client_secret_file secret;\n"
    "    session_key_file key;\n"
    "    cookie_name strict;\n"
    "    match firstName $http_x_first;\n"
    "    match birthDate $http_x_born;\n"
    "    require_checks FACE;\n"
    "    device_choice off;\n"
    "    delivery email;\n"
    "    on_failed bypass;\n"
    "    on_unavailable bypass;\n"
    "    on_user_not_found bypass;\n"
    "  }\n"
    "  server {\n"
    "    listen unix:%Vgate;\n"
    "    server_name shop.example;\n"
    "    auth_idv_subject $http_x_subject;\n"
    "    auth_idv_email $http_x_email;\n"
    "    auth_idv_phone $http_x_phone;\n"
    "    auth_idv_policy $http_x_policy;\n"
    "    location / {\n"
    "      auth_idv house;\n"
    "      auth_idv_header X-Verified-Name firstName;\n"
    "      auth_idv_header X-Verified-By subject;\n"
    "      add_header X-Place gate;\n"
    "      idv_service_echo on;\n"
    "    }\n"
    "    location /maybe/ {\n"
    "      auth_idv house optional;\n"
    "      auth_idv_header X-Verified-Name firstName;\n"
    "      add_header X-Place maybe;\n"
    "      idv_service_echo on;\n"
    "    }\n"
    "    location /strict/ {\n"
    "      auth_idv strict;\n"
    "      auth_idv_accept_bypass $http_x_bypass;\n"
    "      auth_idv_max_age $http_x_age;\n"
    "      add_header X-Place strict;\n"
    "      idv_service_echo on;\n"
    "    }\n"
    "    location /pf-ws/authn/flows/ { idv_flow_api house; }\n"
    "    location /pf-ws/strict/flows/ { idv_flow_api strict; }\n"
    "    location /idv/ { idv_page house; }\n"
    "    location /strict/idv/ { idv_page strict; }\n"
    "    location = /metrics { idv_metrics house; }\n"
    "  }\n"
    "  server {\n"
    "    listen unix:%Vservice;\n"
    "    location / {\n"
    "      idv_service on;\n"
    "      idv_service_client worker secret;\n"
    "      idv_service_control on;\n"
    "      idv_service_max_image 2k;\n"
    "      idv_service_keep_image 1k;\n"
    "    }\n"
    "  }\n"
    "}\n";


/* the same in each run of an input; libcrypto's own callers get these, too */

int
RAND_bytes(unsigned char *buf, int len)
{
    int  i;

    for (i = 0; i < len; i++) {
        house_seed = house_seed * 6364136223846793005ULL
                     + 1442695040888963407ULL;
        buf[i] = (unsigned char) (house_seed >> 56);
    }

    return 1;
}


/* the process keeps its name, and its environment */

ngx_int_t
ngx_init_setproctitle(ngx_log_t *log)
{
    return NGX_OK;
}


/*
 * nginx calls an alert what must never happen, whatever a client sends; and
 * nothing of the client's is a secret of ours unless the input has it, too.
 */

static void
house_writer(ngx_log_t *log, ngx_uint_t level, u_char *buf, size_t len)
{
    if (!house_ready) {
        fprintf(stderr, "# %.*s", (int) len, buf);
        return;
    }

    if (level <= NGX_LOG_ALERT) {
        fprintf(stderr, "# %.*s", (int) len, buf);
        must(level > NGX_LOG_ALERT);
    }

    if (memmem(buf, len, HOUSE_SECRET, sizeof(HOUSE_SECRET) - 1)) {
        must(memmem(house_input.data, house_input.len, HOUSE_SECRET,
                    sizeof(HOUSE_SECRET) - 1));
    }
}


static void
house_write(const char *name, const char *text, size_t len)
{
    FILE  *file;
    char   path[1024];

    snprintf(path, sizeof(path), "%s/%s", house_prefix, name);

    file = fopen(path, "wb");

    if (file == NULL || fwrite(text, 1, len, file) != len
        || fclose(file) != 0)
    {
        perror(path);
        exit(1);
    }
}


static ngx_int_t
house_event(ngx_event_t *ev, ngx_int_t event, ngx_uint_t flags)
{
    ev->active = (flags & NGX_CLOSE_EVENT) ? 0 : 1;

    return NGX_OK;
}


static ngx_int_t
house_connection(ngx_connection_t *c, ngx_uint_t flags)
{
    c->read->active = 0;
    c->write->active = 0;

    return NGX_OK;
}


static ngx_int_t
house_add_connection(ngx_connection_t *c)
{
    return NGX_OK;
}


static void
house_files(ngx_str_t *prefix)
{
    int   len;
    char  conf[2 * sizeof(house_conf)], path[1024];

    snprintf(path, sizeof(path), "%s/temp", house_prefix);

    if (mkdir(path, 0700) != 0) {
        perror(path);
        exit(1);
    }

    len = ngx_snprintf((u_char *) conf, sizeof(conf), house_conf, prefix,
                       prefix)
          - (u_char *) conf;

    house_write("nginx.conf", conf, (size_t) len);
    house_write("secret", HOUSE_SECRET "-of-the-client",
                sizeof(HOUSE_SECRET "-of-the-client") - 1);
    house_write("key", "0123456789abcdef0123456789abcdef", 32);
    house_write("old", "fedcba9876543210fedcba9876543210", 32);
}


static ngx_cycle_t *
house_init(ngx_str_t *prefix)
{
    static ngx_cycle_t  init;

    ngx_debug_init();
    (void) ngx_strerror_init();
    ngx_time_init();
    ngx_regex_init();

    ngx_pid = ngx_getpid();
    ngx_process = NGX_PROCESS_SINGLE;

    house_stderr.fd = ngx_stderr;
    house_log.file = &house_stderr;
    house_log.log_level = NGX_LOG_NOTICE;
    house_log.writer = house_writer;
    ngx_use_stderr = 0;

    ngx_ssl_init(&house_log);

    init.log = &house_log;
    init.prefix = *prefix;
    init.conf_prefix = *prefix;
    ngx_str_set(&init.error_log, "stderr");
    ngx_cycle = &init;

    init.pool = ngx_create_pool(1024, &house_log);

    init.conf_file.len = prefix->len + sizeof("nginx.conf") - 1;
    init.conf_file.data = ngx_pnalloc(init.pool, init.conf_file.len + 1);
    ngx_sprintf(init.conf_file.data, "%Vnginx.conf%Z", prefix);

    if (ngx_os_init(&house_log) != NGX_OK
        || ngx_crc32_table_init() != NGX_OK)
    {
        return NULL;
    }

    ngx_slab_sizes_init();

    if (ngx_preinit_modules() != NGX_OK) {
        return NULL;
    }

    return ngx_init_cycle(&init);
}


static void
house_keep(ngx_cycle_t *cycle)
{
    ngx_uint_t        i;
    house_zone_t     *zone;
    ngx_shm_zone_t   *shm;
    ngx_list_part_t  *part;

    for (part = &cycle->shared_memory.part; part; part = part->next) {
        shm = part->elts;

        for (i = 0; i < part->nelts; i++) {
            must(house_nzones < HOUSE_MAX_ZONES);

            zone = &house_zones[house_nzones++];
            zone->addr = shm[i].shm.addr;
            zone->size = shm[i].shm.size;
            zone->saved = malloc(zone->size);
            memcpy(zone->saved, zone->addr, zone->size);
        }
    }

    must(house_nzones == 2);
}


/* what a process does now and then has no place in an input */

static void
house_quiet(void)
{
    ngx_event_t        *ev;
    ngx_rbtree_node_t  *root;

    while ((root = ngx_event_timer_rbtree.root)
           != ngx_event_timer_rbtree.sentinel)
    {
        ev = (ngx_event_t *) ((char *) root - offsetof(ngx_event_t, timer));
        ngx_del_timer(ev);
    }
}


void
house_start(void)
{
    size_t        len;
    ngx_int_t     i;
    ngx_str_t     prefix;
    const char   *dir;
    ngx_cycle_t  *cycle;

    dir = getenv("FUZZ_DIR");
    umask(077);

    /* libFuzzer's merging runs more than one process in it */

    snprintf(house_prefix, sizeof(house_prefix), "%s/%d", dir ? dir : "",
             (int) getpid());

    if (dir == NULL || mkdir(house_prefix, 0700) != 0) {
        fprintf(stderr, "FUZZ_DIR names no folder to write to\n");
        exit(1);
    }

    len = strlen(house_prefix);
    prefix.data = malloc(len + 2);
    prefix.len = ngx_sprintf(prefix.data, "%s/%Z", house_prefix)
                 - prefix.data - 1;

    house_files(&prefix);

    cycle = house_init(&prefix);

    if (cycle == NULL) {
        fprintf(stderr, "nginx does not start\n");
        exit(1);
    }

    ngx_cycle = cycle;
    cycle->log->writer = house_writer;
    cycle->log->log_level = NGX_LOG_INFO;

    for (i = 0; cycle->modules[i]; i++) {
        if (cycle->modules[i]->init_process
            && cycle->modules[i]->init_process(cycle) != NGX_OK)
        {
            fprintf(stderr, "a process does not start\n");
            exit(1);
        }
    }

    house_quiet();

    /* from here on nobody hears of descriptors */

    ngx_event_actions.add = house_event;
    ngx_event_actions.del = house_event;
    ngx_event_actions.enable = house_event;
    ngx_event_actions.disable = house_event;
    ngx_event_actions.add_conn = house_add_connection;
    ngx_event_actions.del_conn = house_connection;
    ngx_use_epoll_rdhup = 1;

    house_keep(cycle);

    house_free = cycle->free_connection_n;
    house_ready = 1;
}


static void
house_clock(ngx_msec_t now)
{
    ngx_current_msec = now;

    house_time.sec = FUZZ_NOW + (time_t) ((now - FUZZ_NOW_MS) / 1000);
    house_time.msec = (now - FUZZ_NOW_MS) % 1000;
    ngx_cached_time = &house_time;
}


void
house_enter(const u_char *data, size_t len)
{
    ngx_uint_t  i;

    for (i = 0; house_used && i < house_nzones; i++) {
        memcpy(house_zones[i].addr, house_zones[i].saved,
               house_zones[i].size);
    }

    house_used = 0;
    house_seed = 1;
    srandom(1);

    house_input.data = (u_char *) data;
    house_input.len = len;

    house_clock(FUZZ_NOW_MS);
    script_reset();

    house_pool = ngx_create_pool(1024, ngx_cycle->log);
}


/* nobody is left behind: no client, no transfer, and no timer */

void
house_leave(void)
{
    ngx_uint_t  n;

    house_run();

    for (n = 0; n < HOUSE_MAX_STEPS && house_wait(HOUSE_LAST); n++) {
        /* void */
    }

    must(n < HOUSE_MAX_STEPS);
    must(ngx_cycle->free_connection_n == house_free);
    must(!script_step());

    ngx_destroy_pool(house_pool);
    house_pool = NULL;
}


void
house_run(void)
{
    ngx_uint_t  n;

    for (n = 0; n < HOUSE_MAX_STEPS; n++) {

        if (!ngx_queue_empty(&ngx_posted_next_events)) {
            ngx_event_move_posted_next((ngx_cycle_t *) ngx_cycle);
        }

        if (!ngx_queue_empty(&ngx_posted_events)) {
            ngx_event_process_posted((ngx_cycle_t *) ngx_cycle,
                                     &ngx_posted_events);
            continue;
        }

        if (!script_step()) {
            return;
        }
    }

    must(n < HOUSE_MAX_STEPS);
}


ngx_uint_t
house_wait(ngx_msec_t ms)
{
    ngx_msec_t  next;

    next = ngx_event_find_timer();

    if (next == NGX_TIMER_INFINITE || next > ms) {
        return 0;
    }

    house_clock(ngx_current_msec + next);
    ngx_event_expire_timers();
    house_run();

    return 1;
}


void
house_sleep(ngx_msec_t ms)
{
    ngx_msec_t  end;

    end = ngx_current_msec + ms;

    while (house_wait(end - ngx_current_msec)) { /* void */ }

    house_clock(end);
}


idv_provider_t *
house_provider(const char *name)
{
    ngx_str_t                  s;
    ngx_http_idv_main_conf_t  *mcf;

    mcf = ngx_http_cycle_get_module_main_conf(ngx_cycle, ngx_http_idv_module);

    s.data = (u_char *) name;
    s.len = strlen(name);

    house_used = 1;

    return (idv_provider_t *) ngx_http_idv_find_provider(mcf, &s);
}


ngx_http_request_t *
house_request(const char *host)
{
    ngx_http_request_t          *r;
    ngx_http_core_srv_conf_t   **server;
    ngx_http_core_main_conf_t   *cmcf;

    static ngx_connection_t      connection;

    house_used = 1;

    cmcf = ngx_http_cycle_get_module_main_conf(ngx_cycle,
                                               ngx_http_core_module);
    server = cmcf->servers.elts;

    memset(&connection, 0, sizeof(connection));
    connection.log = ngx_cycle->log;
    connection.pool = house_pool;

    r = ngx_pcalloc(house_pool, sizeof(ngx_http_request_t));

    r->signature = NGX_HTTP_MODULE;
    r->pool = house_pool;
    r->main = r;
    r->connection = &connection;
    r->main_conf = server[0]->ctx->main_conf;
    r->srv_conf = server[0]->ctx->srv_conf;
    r->loc_conf = server[0]->ctx->loc_conf;
    r->ctx = ngx_pcalloc(house_pool, sizeof(void *) * ngx_http_max_module);
    r->variables = ngx_pcalloc(house_pool, cmcf->variables.nelts
                                        * sizeof(ngx_http_variable_value_t));
    r->headers_in.server.data = (u_char *) host;
    r->headers_in.server.len = strlen(host);

    ngx_list_init(&r->headers_in.headers, house_pool, 4,
                  sizeof(ngx_table_elt_t));
    ngx_list_init(&r->headers_out.headers, house_pool, 4,
                  sizeof(ngx_table_elt_t));

    return r;
}


/* as nginx's parser leaves it */

ngx_table_elt_t *
house_header(ngx_http_request_t *r, const char *name, ngx_str_t *value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_in.headers);

    h->key.len = strlen(name);
    h->key.data = (u_char *) name;
    h->lowcase_key = ngx_pnalloc(house_pool, h->key.len);
    h->hash = ngx_hash_strlow(h->lowcase_key, h->key.data, h->key.len);
    h->value.len = value->len;
    h->value.data = ngx_pnalloc(house_pool, value->len + 1);
    ngx_sprintf(h->value.data, "%V%Z", value);
    idv_header_clear_next(h);

    return h;
}
