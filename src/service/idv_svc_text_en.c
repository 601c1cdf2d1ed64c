
/*
 * Copyright (C) nginx-idv authors
 *
 * The capture page in English.
 */


#include "idv_svc_text.h"


const idv_svc_lang_t  idv_svc_text_en = {

    ngx_string("en"), {

    [IDV_SVC_T_DIR] =
        ngx_string("ltr"),

    [IDV_SVC_T_SITE] =
        ngx_string("The site where you started"),

    [IDV_SVC_T_ASKS] =
        ngx_string("{1} asks. You have until {2} UTC."),

    [IDV_SVC_T_CONTINUE] =
        ngx_string("Continue"),

    [IDV_SVC_T_STEP_BEGIN] =
        ngx_string("Start"),

    [IDV_SVC_T_STEP_EMAIL] =
        ngx_string("E-mail"),

    [IDV_SVC_T_STEP_PHONE] =
        ngx_string("Phone"),

    [IDV_SVC_T_STEP_DOCUMENT] =
        ngx_string("Document"),

    [IDV_SVC_T_STEP_SELFIE] =
        ngx_string("Photo"),

    [IDV_SVC_T_STEP_REVIEW] =
        ngx_string("Review"),

    [IDV_SVC_T_STEP_RESULT] =
        ngx_string("Result"),

    [IDV_SVC_T_BEGIN_TITLE] =
        ngx_string("Confirm who you are"),

    [IDV_SVC_T_BEGIN_ASKS] =
        ngx_string("{1} asks you to confirm who you are."),

    [IDV_SVC_T_BEGIN_NEED] =
        ngx_string("You need:"),

    [IDV_SVC_T_NEED_EMAIL] =
        ngx_string("access to your e-mail"),

    [IDV_SVC_T_NEED_PHONE] =
        ngx_string("your phone, to receive a text message"),

    [IDV_SVC_T_NEED_DOCUMENT] =
        ngx_string("a passport, driving licence, identity card or residence "
                   "permit"),

    [IDV_SVC_T_NEED_SELFIE] =
        ngx_string("a photo of your face, or a camera to take one"),

    [IDV_SVC_T_NEED_OPTIONAL] =
        ngx_string("{1} (optional)"),

    [IDV_SVC_T_BEGIN_CODE] =
        ngx_string("Go on only if you started this yourself and were shown "
                   "the same code:"),

    [IDV_SVC_T_BEGIN_TIME] =
        ngx_string("Started at {1}, valid until {2} UTC."),

    [IDV_SVC_T_BEGIN_WARNING] =
        ngx_string("If somebody sent you here, called you or asked you to "
                   "scan a code, stop now: it is them who would get in."),

    [IDV_SVC_T_TEST_MODE] =
        ngx_string("This service is in test mode: it takes your word for "
                   "what you type in, and any photo for your face."),

    [IDV_SVC_T_CONSENT] =
        ngx_string("{1} is told the result, and what your documents say. "
                   "What you enter is deleted {2} minutes after the "
                   "decision. If you do not agree, close this page: nothing "
                   "has been kept."),

    [IDV_SVC_T_BEGIN] =
        ngx_string("Agree and begin"),

    [IDV_SVC_T_KIND_TITLE] =
        ngx_string("Choose a document"),

    [IDV_SVC_T_KIND_TEXT] =
        ngx_string("Which one do you have at hand?"),

    [IDV_SVC_T_KIND_MISSING] =
        ngx_string("Please choose one."),

    [IDV_SVC_T_KIND_PASSPORT] =
        ngx_string("Passport"),

    [IDV_SVC_T_KIND_LICENCE] =
        ngx_string("Driving licence"),

    [IDV_SVC_T_KIND_ID_CARD] =
        ngx_string("Identity card"),

    [IDV_SVC_T_KIND_PERMIT] =
        ngx_string("Residence permit"),

    [IDV_SVC_T_KIND_PASSPORT_CARD] =
        ngx_string("Passport card"),

    [IDV_SVC_T_KIND_OTHER] =
        ngx_string("Use another document"),

    [IDV_SVC_T_FRONT_TITLE] =
        ngx_string("{1}: front"),

    [IDV_SVC_T_BACK_TITLE] =
        ngx_string("{1}: back"),

    [IDV_SVC_T_PAPER_TIP] =
        ngx_string("Put it on a plain surface, in good light. All of it "
                   "must be in the photo, sharp and without glare."),

    [IDV_SVC_T_PHOTO_CAMERA] =
        ngx_string("Use the camera"),

    [IDV_SVC_T_PHOTO_FILE] =
        ngx_string("Or choose a photo"),

    [IDV_SVC_T_PHOTO_TYPES] =
        ngx_string("(JPEG or PNG)"),

    [IDV_SVC_T_PHOTO_MISSING] =
        ngx_string("Please take or choose a photo."),

    [IDV_SVC_T_PHOTO_LARGE] =
        ngx_string("This photo is too large. Please choose a smaller one."),

    [IDV_SVC_T_PHOTO_WITHOUT] =
        ngx_string("Go on without a photo"),

    [IDV_SVC_T_DETAILS_TITLE] =
        ngx_string("What it says"),

    [IDV_SVC_T_DETAILS_TEXT] =
        ngx_string("Photos are not read here. Type or paste the "
                   "machine-readable lines or, if it has none, what is "
                   "printed on the document."),

    [IDV_SVC_T_ZONE] =
        ngx_string("Machine-readable lines"),

    [IDV_SVC_T_ZONE_HINT] =
        ngx_string("The lines with &lt;&lt;&lt;, or the text of the barcode "
                   "on a licence. They are checked at once."),

    [IDV_SVC_T_FIELDS] =
        ngx_string("Printed on the document"),

    [IDV_SVC_T_FIELDS_HINT] =
        ngx_string("What you leave out is taken from the lines."),

    [IDV_SVC_T_FIELD_NUMBER] =
        ngx_string("Number of the document"),

    [IDV_SVC_T_FIELD_FIRST] =
        ngx_string("First name"),

    [IDV_SVC_T_FIELD_LAST] =
        ngx_string("Last name"),

    [IDV_SVC_T_FIELD_BIRTH] =
        ngx_string("Date of birth"),

    [IDV_SVC_T_FIELD_EXPIRY] =
        ngx_string("Valid until"),

    [IDV_SVC_T_FIELD_COUNTRY] =
        ngx_string("Country that issued it"),

    [IDV_SVC_T_PROBLEM] =
        ngx_string("There is a problem"),

    [IDV_SVC_T_PROBLEM_ZONE] =
        ngx_string("These are not the machine-readable lines of a document. "
                   "Please check that all of them are there."),

    [IDV_SVC_T_PROBLEM_FIELDS] =
        ngx_string("Please check the fields that are marked."),

    [IDV_SVC_T_PROBLEM_MISSING] =
        ngx_string("Please fill in the fields that are marked, or the "
                   "machine-readable lines."),

    [IDV_SVC_T_ERROR_EMPTY] =
        ngx_string("Please fill this in."),

    [IDV_SVC_T_ERROR_TEXT] =
        ngx_string("This must be text, of at most 100 bytes."),

    [IDV_SVC_T_ERROR_DATE] =
        ngx_string("This must be a date: YYYY-MM-DD."),

    [IDV_SVC_T_SELFIE_TITLE] =
        ngx_string("A photo of you"),

    [IDV_SVC_T_SELFIE_TIP] =
        ngx_string("Look straight at the camera, in good light, with "
                   "nothing in front of your face."),

    [IDV_SVC_T_SKIP] =
        ngx_string("Go on without it"),

    [IDV_SVC_T_AGAIN] =
        ngx_string("Please try again. This is attempt {1} of {2}."),

    [IDV_SVC_T_REVIEW_TITLE] =
        ngx_string("Check what you give"),

    [IDV_SVC_T_REVIEW_TEXT] =
        ngx_string("Change what is not right. Once you have submitted it, "
                   "it cannot be changed."),

    [IDV_SVC_T_REVIEW_KIND] =
        ngx_string("Document"),

    [IDV_SVC_T_REVIEW_DETAILS] =
        ngx_string("What it says"),

    [IDV_SVC_T_REVIEW_FRONT] =
        ngx_string("Photo of the front"),

    [IDV_SVC_T_REVIEW_BACK] =
        ngx_string("Photo of the back"),

    [IDV_SVC_T_REVIEW_SELFIE] =
        ngx_string("Photo of you"),

    [IDV_SVC_T_REVIEW_GIVEN] =
        ngx_string("Given"),

    [IDV_SVC_T_REVIEW_NONE] =
        ngx_string("None"),

    [IDV_SVC_T_REVIEW_SKIPPED] =
        ngx_string("Left out"),

    [IDV_SVC_T_REVIEW_ELSEWHERE] =
        ngx_string("Given elsewhere"),

    [IDV_SVC_T_CHANGE] =
        ngx_string("Change"),

    [IDV_SVC_T_SUBMIT] =
        ngx_string("Submit"),

    [IDV_SVC_T_WAIT_TITLE] =
        ngx_string("Thank you"),

    [IDV_SVC_T_WAIT_TEXT] =
        ngx_string("We have everything and are checking it."),

    [IDV_SVC_T_WAIT_PERSON] =
        ngx_string("A person will look at it, which may take a while."),

    [IDV_SVC_T_WAIT_PAGE] =
        ngx_string("This page shows the result as soon as there is one."),

    [IDV_SVC_T_GOOD_TITLE] =
        ngx_string("You are verified"),

    [IDV_SVC_T_GOOD_TEXT] =
        ngx_string("Your identity was confirmed. You can close this page "
                   "and go on where you started."),

    [IDV_SVC_T_BAD_TITLE] =
        ngx_string("Not verified"),

    [IDV_SVC_T_BAD_TEXT] =
        ngx_string("Your identity could not be confirmed. {1}"),

    [IDV_SVC_T_BAD_AGAIN] =
        ngx_string("Go back to where you started to try again."),

    [IDV_SVC_T_NONE_TITLE] =
        ngx_string("This link does not work"),

    [IDV_SVC_T_NONE_TEXT] =
        ngx_string("It may be incomplete, or its time is over. Go back to "
                   "where you got it and start again."),

    [IDV_SVC_T_FULL_TITLE] =
        ngx_string("Please try again later"),

    [IDV_SVC_T_FULL_TEXT] =
        ngx_string("At the moment there is no room for what you sent. "
                   "Nothing of it was kept."),

    [IDV_SVC_T_LARGE_TITLE] =
        ngx_string("That is too large"),

    [IDV_SVC_T_LARGE_TEXT] =
        ngx_string("Go back and choose a smaller photo."),

    [IDV_SVC_T_BROKEN_TITLE] =
        ngx_string("That did not arrive"),

    [IDV_SVC_T_BROKEN_TEXT] =
        ngx_string("Go back and send it again."),

    [IDV_SVC_T_EMAIL_TITLE] =
        ngx_string("Your e-mail address"),

    [IDV_SVC_T_PHONE_TITLE] =
        ngx_string("Your phone number"),

    [IDV_SVC_T_OTP_TIP] =
        ngx_string("A code is sent to it, which you then type in here."),

    [IDV_SVC_T_OTP_EMAIL] =
        ngx_string("E-mail address"),

    [IDV_SVC_T_OTP_PHONE] =
        ngx_string("Phone number, with + and its country code"),

    [IDV_SVC_T_OTP_TO] =
        ngx_string("A code will be sent to {1}."),

    [IDV_SVC_T_OTP_SEND] =
        ngx_string("Send a code"),

    [IDV_SVC_T_OTP_SENT] =
        ngx_string("A code of six digits was sent to {1}. It is good until "
                   "{2} UTC."),

    [IDV_SVC_T_OTP_UNSENT] =
        ngx_string("The code could not be sent to {1}."),

    [IDV_SVC_T_OTP_OVER] =
        ngx_string("Its time is over, and no other can be sent."),

    [IDV_SVC_T_OTP_GO_ON] =
        ngx_string("Go on"),

    [IDV_SVC_T_OTP_CODE] =
        ngx_string("Code"),

    [IDV_SVC_T_OTP_LEFT] =
        ngx_string("Attempts left: {1}"),

    [IDV_SVC_T_OTP_AGAIN] =
        ngx_string("Send another code"),

    [IDV_SVC_T_OTP_WHEN] =
        ngx_string("Nothing there? Another code can be sent in {1} seconds."),

    [IDV_SVC_T_OTP_ADDRESS] =
        ngx_string("This is not an address that a code can be sent to."),

    [IDV_SVC_T_OTP_TOO_SOON] =
        ngx_string("Please wait a little before another code is sent."),

    [IDV_SVC_T_OTP_NO_MORE] =
        ngx_string("No more codes can be sent."),

    [IDV_SVC_T_OTP_MALFORMED] =
        ngx_string("Please enter the six digits of the code."),

    [IDV_SVC_T_OTP_WRONG] =
        ngx_string("This is not the code that was sent."),

    [IDV_SVC_T_OTP_EXPIRED] =
        ngx_string("The time of this code is over. Please have another one "
                   "sent."),

    [IDV_SVC_T_OTP_NONE] =
        ngx_string("Please have a code sent first."),

    [IDV_SVC_T_REVIEW_CONFIRMED] =
        ngx_string("Confirmed"),

    [IDV_SVC_T_REVIEW_FAILED] =
        ngx_string("Not confirmed")
    }, {

        /* idv_svc_reason_text() has them */
        [IDV_SVC_REASON_NONE] = ngx_null_string
    }
};
