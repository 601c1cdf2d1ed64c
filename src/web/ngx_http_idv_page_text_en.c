
/*
 * Copyright (C) nginx-idv authors
 *
 * The page in English.
 */


#include "ngx_http_idv_page.h"


const ngx_http_idv_page_lang_t  ngx_http_idv_page_text_en = {

    ngx_string("en"), {

    [NGX_HTTP_IDV_TEXT_DIR] =
        ngx_string("ltr"),

    [NGX_HTTP_IDV_TEXT_SKIP] =
        ngx_string("Skip to the content"),

    [NGX_HTTP_IDV_TEXT_SERVICE] =
        ngx_string("Identity verification"),

    [NGX_HTTP_IDV_TEXT_OFFLINE] =
        ngx_string("The connection is interrupted. We keep trying."),

    [NGX_HTTP_IDV_TEXT_UPDATES] =
        ngx_string("This page goes on by itself. Keep it open."),

    [NGX_HTTP_IDV_TEXT_CHECK_NOW] =
        ngx_string("Check now"),

    [NGX_HTTP_IDV_TEXT_CONTINUE] =
        ngx_string("Continue"),

    [NGX_HTTP_IDV_TEXT_RETRY] =
        ngx_string("Try again"),

    [NGX_HTTP_IDV_TEXT_CHOOSE_AGAIN] =
        ngx_string("Choose another way"),

    [NGX_HTTP_IDV_TEXT_CANCEL] =
        ngx_string("Cancel"),

    [NGX_HTTP_IDV_TEXT_START_AGAIN] =
        ngx_string("Start again"),

    [NGX_HTTP_IDV_TEXT_BACK] =
        ngx_string("Back to the page you asked for"),

    [NGX_HTTP_IDV_TEXT_WARNING] =
        ngx_string("Go on only if you started this yourself at {host}. If "
                   "somebody sent you here or asked you to scan a code, "
                   "stop now."),

    [NGX_HTTP_IDV_TEXT_PROBLEM] =
        ngx_string("There is a problem"),

    [NGX_HTTP_IDV_TEXT_START_TITLE] =
        ngx_string("Verify your identity"),

    [NGX_HTTP_IDV_TEXT_START_TEXT] =
        ngx_string("{host} opens some pages only to people whose identity "
                   "has been verified. You need an identity document and a "
                   "phone or a device with a camera."),

    [NGX_HTTP_IDV_TEXT_START_BUTTON] =
        ngx_string("Begin"),

    [NGX_HTTP_IDV_TEXT_ACTIVE_TITLE] =
        ngx_string("Your identity is verified"),

    [NGX_HTTP_IDV_TEXT_ACTIVE_TEXT] =
        ngx_string("There is nothing more to do here."),

    [NGX_HTTP_IDV_TEXT_ACTIVE_LOGOUT] =
        ngx_string("End this verified session"),

    [NGX_HTTP_IDV_TEXT_DEVICE_TITLE] =
        ngx_string("Verify your identity"),

    [NGX_HTTP_IDV_TEXT_DEVICE_TEXT] =
        ngx_string("{host} asks you to show an identity document and your "
                   "face. On which device do you want to do that?"),

    [NGX_HTTP_IDV_TEXT_DEVICE_SELF] =
        ngx_string("Use this device"),

    [NGX_HTTP_IDV_TEXT_DEVICE_SELF_HINT] =
        ngx_string("It needs a camera."),

    [NGX_HTTP_IDV_TEXT_DEVICE_OTHER] =
        ngx_string("Use another device"),

    [NGX_HTTP_IDV_TEXT_DEVICE_OTHER_HINT] =
        ngx_string("You scan a code with your phone or receive a link."),

    [NGX_HTTP_IDV_TEXT_OPTIONS_TITLE] =
        ngx_string("How do you want to open the verification?"),

    [NGX_HTTP_IDV_TEXT_OPTIONS_TEXT] =
        ngx_string("The verification runs on your phone. Choose how the "
                   "link gets there."),

    [NGX_HTTP_IDV_TEXT_OPTIONS_QR] =
        ngx_string("Scan a QR code"),

    [NGX_HTTP_IDV_TEXT_OPTIONS_EMAIL] =
        ngx_string("E-mail to {contact}"),

    [NGX_HTTP_IDV_TEXT_OPTIONS_PHONE] =
        ngx_string("Text message to {contact}"),

    [NGX_HTTP_IDV_TEXT_REQUIRED_TITLE] =
        ngx_string("Scan the code with your phone"),

    [NGX_HTTP_IDV_TEXT_REQUIRED_SCAN] =
        ngx_string("Point the camera of your phone at the QR code."),

    [NGX_HTTP_IDV_TEXT_REQUIRED_COMPARE] =
        ngx_string("Compare the verification code: both devices must show "
                   "the same."),

    [NGX_HTTP_IDV_TEXT_REQUIRED_FOLLOW] =
        ngx_string("Follow the steps on your phone."),

    [NGX_HTTP_IDV_TEXT_REQUIRED_QR_ALT] =
        ngx_string("QR code that opens the identity verification on your "
                   "phone"),

    [NGX_HTTP_IDV_TEXT_REQUIRED_CODE] =
        ngx_string("Verification code"),

    [NGX_HTTP_IDV_TEXT_REQUIRED_VALID] =
        ngx_string("The code is valid until {time} UTC."),

    [NGX_HTTP_IDV_TEXT_REQUIRED_EMAIL_TITLE] =
        ngx_string("Look into your e-mail"),

    [NGX_HTTP_IDV_TEXT_REQUIRED_EMAIL] =
        ngx_string("We have sent you an e-mail. Open its link on your phone."),

    [NGX_HTTP_IDV_TEXT_REQUIRED_PHONE_TITLE] =
        ngx_string("Look at your text messages"),

    [NGX_HTTP_IDV_TEXT_REQUIRED_PHONE] =
        ngx_string("We have sent you a text message. Open its link on your "
                   "phone."),

    [NGX_HTTP_IDV_TEXT_REQUIRED_SCAN_INSTEAD] =
        ngx_string("Nothing has come? Scan this code instead."),

    [NGX_HTTP_IDV_TEXT_REQUIRED_LINK] =
        ngx_string("You cannot scan the code?"),

    [NGX_HTTP_IDV_TEXT_REQUIRED_LINK_TEXT] =
        ngx_string("Open this address in another window or on another "
                   "device, and leave this page open."),

    [NGX_HTTP_IDV_TEXT_REQUIRED_LINK_OPEN] =
        ngx_string("Open the verification in another window"),

    [NGX_HTTP_IDV_TEXT_INITIATED_TITLE] =
        ngx_string("Your phone is connected"),

    [NGX_HTTP_IDV_TEXT_INITIATED_TEXT] =
        ngx_string("Compare the code once more and follow the steps on your "
                   "phone."),

    [NGX_HTTP_IDV_TEXT_SELF_TITLE] =
        ngx_string("Go on to the verification"),

    [NGX_HTTP_IDV_TEXT_SELF_TEXT] =
        ngx_string("The verification opens on this device and brings you "
                   "back here. It must show this code:"),

    [NGX_HTTP_IDV_TEXT_SELF_OPEN] =
        ngx_string("Open the verification"),

    [NGX_HTTP_IDV_TEXT_PROGRESS_TITLE] =
        ngx_string("We are checking your data"),

    [NGX_HTTP_IDV_TEXT_PROGRESS_TEXT] =
        ngx_string("Finish the steps on the device with the camera. The "
                   "check itself takes a moment."),

    [NGX_HTTP_IDV_TEXT_COMPLETED_TITLE] =
        ngx_string("Your identity is verified"),

    [NGX_HTTP_IDV_TEXT_COMPLETED_TEXT] =
        ngx_string("You can now go on to {host}."),

    [NGX_HTTP_IDV_TEXT_BYPASS_TITLE] =
        ngx_string("You can go on"),

    [NGX_HTTP_IDV_TEXT_BYPASS_TEXT] =
        ngx_string("Your identity was not verified this time. {host} lets "
                   "you go on all the same; some pages may stay closed."),

    [NGX_HTTP_IDV_TEXT_FAILED_TITLE] =
        ngx_string("The verification did not succeed"),

    [NGX_HTTP_IDV_TEXT_FAILED_TEXT] =
        ngx_string("You can try once more."),

    [NGX_HTTP_IDV_TEXT_FAILED_LAST] =
        ngx_string("There is no attempt left. Please ask those who run "
                   "{host} for help."),

    [NGX_HTTP_IDV_TEXT_FAILED_AGAIN] =
        ngx_string("Here is a new code for another attempt."),

    [NGX_HTTP_IDV_TEXT_CAUSE_FAILED] =
        ngx_string("The document or the photo could not be verified."),

    [NGX_HTTP_IDV_TEXT_CAUSE_MISMATCH] =
        ngx_string("The document does not belong to the person who is "
                   "signed in."),

    [NGX_HTTP_IDV_TEXT_CAUSE_CHECKS] =
        ngx_string("One of the checks that are required here did not "
                   "succeed."),

    [NGX_HTTP_IDV_TEXT_CAUSE_STATUS] =
        ngx_string("The verification ended with an answer that does not "
                   "count as success."),

    [NGX_HTTP_IDV_TEXT_CAUSE_NOTIFICATION] =
        ngx_string("The message could not be sent. Please scan the code "
                   "instead."),

    [NGX_HTTP_IDV_TEXT_CAUSE_UNAVAILABLE] =
        ngx_string("The verification service does not answer at the moment. "
                   "Please try again in a few minutes."),

    [NGX_HTTP_IDV_TEXT_CAUSE_USER] =
        ngx_string("The verification service does not know you. Please ask "
                   "those who run {host} for help."),

    [NGX_HTTP_IDV_TEXT_CAUSE_DISABLED] =
        ngx_string("Your account with the verification service is disabled. "
                   "Please ask those who run {host} for help."),

    [NGX_HTTP_IDV_TEXT_TIMED_OUT_TITLE] =
        ngx_string("The time is up"),

    [NGX_HTTP_IDV_TEXT_TIMED_OUT_TEXT] =
        ngx_string("The verification was not finished in time. Nothing has "
                   "been lost; you can start it once more."),

    [NGX_HTTP_IDV_TEXT_CANCELED_TITLE] =
        ngx_string("You have cancelled"),

    [NGX_HTTP_IDV_TEXT_CANCELED_TEXT] =
        ngx_string("Your identity was not verified, so {host} cannot open "
                   "the page."),

    [NGX_HTTP_IDV_TEXT_EXPIRED_TITLE] =
        ngx_string("This verification is over"),

    [NGX_HTTP_IDV_TEXT_EXPIRED_TEXT] =
        ngx_string("It has ended, has expired, or was started in another "
                   "browser."),

    [NGX_HTTP_IDV_TEXT_RETURNED_TITLE] =
        ngx_string("You are finished on this device"),

    [NGX_HTTP_IDV_TEXT_RETURNED_TEXT] =
        ngx_string("Go back to the device or browser in which you started. "
                   "You can close this page."),

    [NGX_HTTP_IDV_TEXT_LOGOUT_TITLE] =
        ngx_string("End your verified session?"),

    [NGX_HTTP_IDV_TEXT_LOGOUT_TEXT] =
        ngx_string("Afterwards {host} asks you to verify your identity "
                   "again."),

    [NGX_HTTP_IDV_TEXT_LOGOUT_BUTTON] =
        ngx_string("End the session"),

    [NGX_HTTP_IDV_TEXT_SIGNED_OUT_TITLE] =
        ngx_string("There is no verified session"),

    [NGX_HTTP_IDV_TEXT_SIGNED_OUT_TEXT] =
        ngx_string("You are signed out of the verified part of {host}."),

    [NGX_HTTP_IDV_TEXT_SUBJECT_TITLE] =
        ngx_string("Sign in first"),

    [NGX_HTTP_IDV_TEXT_SUBJECT_TEXT] =
        ngx_string("{host} does not know who you are. Sign in and come back."),

    [NGX_HTTP_IDV_TEXT_FORM_TITLE] =
        ngx_string("This form cannot be used any more"),

    [NGX_HTTP_IDV_TEXT_FORM_TEXT] =
        ngx_string("It was opened in another browser or did not come from "
                   "this page. Nothing has been changed."),

    [NGX_HTTP_IDV_TEXT_BUSY_TITLE] =
        ngx_string("Please wait a little"),

    [NGX_HTTP_IDV_TEXT_LIMITED_TEXT] =
        ngx_string("You have started too many verifications. Please try again "
                   "later."),

    [NGX_HTTP_IDV_TEXT_LIMITED_ADDRESS] =
        ngx_string("Too many verifications were started from your network. "
                   "Please try again later."),

    [NGX_HTTP_IDV_TEXT_LIMITED_ALL] =
        ngx_string("More verifications than usual have been started today. "
                   "Please try again later."),

    [NGX_HTTP_IDV_TEXT_LIMITED_LOCKED] =
        ngx_string("Too many of your verifications have failed. Please try "
                   "again later."),

    [NGX_HTTP_IDV_TEXT_LIMITED_TIME] =
        ngx_string("Time left to wait (hours:minutes): {time}"),

    [NGX_HTTP_IDV_TEXT_TOO_MANY_TEXT] =
        ngx_string("Too many verifications are open for you. Finish or "
                   "cancel one, or try again later."),

    [NGX_HTTP_IDV_TEXT_FULL_TEXT] =
        ngx_string("There is no room for another verification at the "
                   "moment. Please try again later."),

    [NGX_HTTP_IDV_TEXT_ERROR_TITLE] =
        ngx_string("Something went wrong"),

    [NGX_HTTP_IDV_TEXT_ERROR_TEXT] =
        ngx_string("The request could not be answered. Please try again."),

    [NGX_HTTP_IDV_TEXT_NOT_FOUND_TITLE] =
        ngx_string("There is no such page"),

    [NGX_HTTP_IDV_TEXT_NOT_FOUND_TEXT] =
        ngx_string("The address may be mistyped.")

}};
