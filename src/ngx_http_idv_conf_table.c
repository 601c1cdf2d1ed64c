
/*
 * Copyright (C) nginx-idv authors
 *
 * The directives: where each may stand, what it takes, who sets it.
 */


#include "ngx_http_idv_conf.h"
#include "web/ngx_http_idv_web.h"


static ngx_conf_enum_t  ngx_http_idv_deliveries[] = {
    { ngx_string("user"), IDV_DELIVERY_USER },
    { ngx_string("qr"), IDV_DELIVERY_QR },
    { ngx_string("email"), IDV_DELIVERY_EMAIL },
    { ngx_string("sms"), IDV_DELIVERY_SMS },
    { ngx_null_string, 0 }
};


static ngx_conf_enum_t  ngx_http_idv_failure_modes[] = {
    { ngx_string("block"), IDV_BLOCK },
    { ngx_string("bypass"), IDV_BYPASS },
    { ngx_null_string, 0 }
};


static ngx_conf_enum_t  ngx_http_idv_not_found_modes[] = {
    { ngx_string("block"), IDV_BLOCK },
    { ngx_string("bypass"), IDV_BYPASS },
    { ngx_string("provision"), IDV_PROVISION },
    { ngx_null_string, 0 }
};


static ngx_conf_num_bounds_t  ngx_http_idv_connections = {
    ngx_conf_check_num_bounds, 1, 1024
};


static ngx_conf_num_bounds_t  ngx_http_idv_attempts = {
    ngx_conf_check_num_bounds, 1, 10
};


ngx_command_t  ngx_http_idv_commands[] = {

    { ngx_string("idv_zone"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_idv_zone,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("idv_provider"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_BLOCK|NGX_CONF_TAKE1,
      ngx_http_idv_provider,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("idv_ldap"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_BLOCK|NGX_CONF_TAKE1,
      ngx_http_idv_ldap_block,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("auth_idv"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE12,
      ngx_http_idv_gate,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("auth_idv_subject"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_set_complex_value_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_idv_loc_conf_t, subject),
      NULL },

    { ngx_string("auth_idv_email"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_set_complex_value_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_idv_loc_conf_t, email),
      NULL },

    { ngx_string("auth_idv_phone"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_set_complex_value_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_idv_loc_conf_t, phone),
      NULL },

    { ngx_string("auth_idv_ldap"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE12,
      ngx_http_idv_ldap_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("auth_idv_ldap_user"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_set_complex_value_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_idv_loc_conf_t, directory_user),
      NULL },

    { ngx_string("auth_idv_policy"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_set_complex_value_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_idv_loc_conf_t, policy),
      NULL },

    { ngx_string("auth_idv_accept_policy"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_http_idv_policies,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("auth_idv_max_age"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_set_complex_value_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_idv_loc_conf_t, max_age),
      NULL },

    { ngx_string("auth_idv_accept_bypass"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_set_complex_value_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_idv_loc_conf_t, accept_bypass),
      NULL },

    { ngx_string("auth_idv_header"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE2,
      ngx_http_idv_header_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("auth_idv_input"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE2,
      ngx_http_idv_input_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("idv_flow_api"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_idv_place_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_idv_loc_conf_t, api_name),
      (void *) ngx_http_idv_flow_handler },

    { ngx_string("idv_page"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_idv_place_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_idv_loc_conf_t, page_name),
      (void *) ngx_http_idv_page_handler },

    { ngx_string("idv_metrics"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_idv_place_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_idv_loc_conf_t, metrics_name),
      (void *) ngx_http_idv_metrics_handler },

    { ngx_string("idv_connector"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_idv_place_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_idv_loc_conf_t, connector.name),
      (void *) ngx_http_idv_connector_handler },

    { ngx_string("idv_connector_callers"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_idv_loc_conf_t, connector.callers_file),
      NULL },

    { ngx_string("idv_connector_max_body"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_size_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_idv_loc_conf_t, connector.max_body),
      NULL },

    { ngx_string("idv_connector_max_answer"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_size_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_idv_loc_conf_t, connector.max_answer),
      NULL },

    { ngx_string("idv_connector_timeout"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_idv_loc_conf_t, connector.timeout),
      NULL },

    { ngx_string("idv_connector_continue"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_idv_loc_conf_t, connector.next),
      NULL },

    { ngx_string("idv_console"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_idv_place_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_idv_loc_conf_t, console.name),
      (void *) ngx_http_idv_console_handler },

    { ngx_string("auth_idv_console_role"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_set_complex_value_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_idv_loc_conf_t, console_role),
      NULL },

    { ngx_string("idv_console_audit"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_idv_audit_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_idv_loc_conf_t, console.audit),
      NULL },

    { ngx_string("idv_console_reviews"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_idv_loc_conf_t, console.reviews),
      NULL },

    /* in an idv_provider block */

    { ngx_string("environment_id"),
      NGX_HTTP_IDV_PROVIDER_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_idv_provider_conf_t, p.environment_id),
      NULL },

    { ngx_string("region"),
      NGX_HTTP_IDV_PROVIDER_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_idv_provider_conf_t, p.region),
      NULL },

    { ngx_string("api_url"),
      NGX_HTTP_IDV_PROVIDER_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_idv_provider_conf_t, p.api_url),
      NULL },

    { ngx_string("auth_url"),
      NGX_HTTP_IDV_PROVIDER_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_idv_provider_conf_t, p.auth_url),
      NULL },

    { ngx_string("client_id"),
      NGX_HTTP_IDV_PROVIDER_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_idv_provider_conf_t, p.client_id),
      NULL },

    { ngx_string("client_secret_file"),
      NGX_HTTP_IDV_PROVIDER_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_idv_provider_conf_t, secret_file),
      NULL },

    { ngx_string("session_key_file"),
      NGX_HTTP_IDV_PROVIDER_CONF|NGX_CONF_TAKE1,
      ngx_http_idv_key_file,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("verify_policy"),
      NGX_HTTP_IDV_PROVIDER_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_idv_provider_conf_t, policy),
      NULL },

    { ngx_string("connect_timeout"),
      NGX_HTTP_IDV_PROVIDER_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_idv_provider_conf_t, p.net.connect_timeout),
      NULL },

    { ngx_string("timeout"),
      NGX_HTTP_IDV_PROVIDER_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_idv_provider_conf_t, p.net.timeout),
      NULL },

    { ngx_string("idle_timeout"),
      NGX_HTTP_IDV_PROVIDER_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_idv_provider_conf_t, p.net.idle_timeout),
      NULL },

    { ngx_string("resolver_timeout"),
      NGX_HTTP_IDV_PROVIDER_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_idv_provider_conf_t, p.net.resolver_timeout),
      NULL },

    { ngx_string("max_response"),
      NGX_HTTP_IDV_PROVIDER_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_size_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_idv_provider_conf_t, p.net.max_body),
      NULL },

    { ngx_string("max_connections"),
      NGX_HTTP_IDV_PROVIDER_CONF|NGX_CONF_TAKE1,
      ngx_http_idv_uint_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_idv_provider_conf_t, p.net.max_connections),
      &ngx_http_idv_connections },

    { ngx_string("trusted_certificate"),
      NGX_HTTP_IDV_PROVIDER_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_idv_provider_conf_t, p.net.trusted_certificate),
      NULL },

    { ngx_string("verify"),
      NGX_HTTP_IDV_PROVIDER_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_idv_provider_conf_t, p.net.verify),
      NULL },

    { ngx_string("proxy"),
      NGX_HTTP_IDV_PROVIDER_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_idv_provider_conf_t, p.net.proxy),
      NULL },

    { ngx_string("read_interval"),
      NGX_HTTP_IDV_PROVIDER_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_idv_provider_conf_t, read_interval),
      NULL },

    { ngx_string("poll_wait"),
      NGX_HTTP_IDV_PROVIDER_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_idv_provider_conf_t, p.poll_wait),
      NULL },

    { ngx_string("read_rate"),
      NGX_HTTP_IDV_PROVIDER_CONF|NGX_CONF_TAKE12,
      ngx_http_idv_read_rate,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("transaction_limit"),
      NGX_HTTP_IDV_PROVIDER_CONF|NGX_CONF_TAKE123,
      ngx_http_idv_transaction_limit,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("lockout"),
      NGX_HTTP_IDV_PROVIDER_CONF|NGX_CONF_TAKE123,
      ngx_http_idv_lockout,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("reuse_verification"),
      NGX_HTTP_IDV_PROVIDER_CONF|NGX_CONF_TAKE1,
      ngx_http_idv_reuse,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("breaker"),
      NGX_HTTP_IDV_PROVIDER_CONF|NGX_CONF_TAKE12,
      ngx_http_idv_breaker,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("device_choice"),
      NGX_HTTP_IDV_PROVIDER_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_idv_provider_conf_t, device_choice),
      NULL },

    { ngx_string("delivery"),
      NGX_HTTP_IDV_PROVIDER_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_enum_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_idv_provider_conf_t, delivery),
      ngx_http_idv_deliveries },

    { ngx_string("attempts"),
      NGX_HTTP_IDV_PROVIDER_CONF|NGX_CONF_TAKE1,
      ngx_http_idv_uint_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_idv_provider_conf_t, attempts),
      &ngx_http_idv_attempts },

    { ngx_string("state_timeout"),
      NGX_HTTP_IDV_PROVIDER_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_sec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_idv_provider_conf_t, state_timeout),
      NULL },

    { ngx_string("on_unavailable"),
      NGX_HTTP_IDV_PROVIDER_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_enum_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_idv_provider_conf_t, on_unavailable),
      ngx_http_idv_failure_modes },

    { ngx_string("on_user_not_found"),
      NGX_HTTP_IDV_PROVIDER_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_enum_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_idv_provider_conf_t, on_user_not_found),
      ngx_http_idv_not_found_modes },

    { ngx_string("on_user_disabled"),
      NGX_HTTP_IDV_PROVIDER_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_enum_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_idv_provider_conf_t, on_user_disabled),
      ngx_http_idv_failure_modes },

    { ngx_string("user_lookup"),
      NGX_HTTP_IDV_PROVIDER_CONF|NGX_CONF_TAKE12,
      ngx_http_idv_user_lookup,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("population"),
      NGX_HTTP_IDV_PROVIDER_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_idv_provider_conf_t, p.population),
      NULL },

    { ngx_string("on_failed"),
      NGX_HTTP_IDV_PROVIDER_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_enum_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_idv_provider_conf_t, on_failed),
      ngx_http_idv_failure_modes },

    { ngx_string("claim"),
      NGX_HTTP_IDV_PROVIDER_CONF|NGX_CONF_TAKE2,
      ngx_http_idv_claim,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("match"),
      NGX_HTTP_IDV_PROVIDER_CONF|NGX_CONF_TAKE2,
      ngx_http_idv_match,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("require_checks"),
      NGX_HTTP_IDV_PROVIDER_CONF|NGX_CONF_1MORE,
      ngx_http_idv_checks,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("accept_data_collection"),
      NGX_HTTP_IDV_PROVIDER_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_idv_provider_conf_t, p.collected),
      NULL },

    { ngx_string("registration"),
      NGX_HTTP_IDV_PROVIDER_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_idv_provider_conf_t, p.registration),
      NULL },

    { ngx_string("cookie_name"),
      NGX_HTTP_IDV_PROVIDER_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_idv_provider_conf_t, p.cookie_name),
      NULL },

    { ngx_string("same_site"),
      NGX_HTTP_IDV_PROVIDER_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_idv_provider_conf_t, p.same_site),
      NULL },

    { ngx_string("session_lifetime"),
      NGX_HTTP_IDV_PROVIDER_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_sec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_idv_provider_conf_t, p.session_lifetime),
      NULL },

    { ngx_string("session_idle"),
      NGX_HTTP_IDV_PROVIDER_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_sec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_idv_provider_conf_t, p.session_idle),
      NULL },

    { ngx_string("base_url"),
      NGX_HTTP_IDV_PROVIDER_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_idv_provider_conf_t, p.base_url),
      NULL },

    { ngx_string("cors_origin"),
      NGX_HTTP_IDV_PROVIDER_CONF|NGX_CONF_1MORE,
      ngx_http_idv_cors_origin,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("max_body"),
      NGX_HTTP_IDV_PROVIDER_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_size_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_idv_provider_conf_t, p.max_body),
      NULL },

    { ngx_string("page_folder"),
      NGX_HTTP_IDV_PROVIDER_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_idv_provider_conf_t, p.page_folder),
      NULL },

    { ngx_string("page_refresh"),
      NGX_HTTP_IDV_PROVIDER_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_idv_provider_conf_t, p.page_refresh),
      NULL },

    { ngx_string("redirect_url"),
      NGX_HTTP_IDV_PROVIDER_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_idv_provider_conf_t, p.redirect_url),
      NULL },

    { ngx_string("redirect_message"),
      NGX_HTTP_IDV_PROVIDER_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_idv_provider_conf_t, p.redirect_message),
      NULL },

      ngx_null_command
};
